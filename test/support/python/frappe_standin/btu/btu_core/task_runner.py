"""What a BTU job does in the end: it runs a task. Here it only notes that it was asked to."""
import os

from btu_test_record import note


class TaskRunner:
    """The object whose bound method the generations before 15.1 pickle."""

    def __init__(self, task_id, site_name, schedule_id=None):
        self.task_id = task_id
        self.site_name = site_name
        self.schedule_id = schedule_id

    def __repr__(self):
        return f"TaskRunner({self.task_id!r}, {self.site_name!r}, {self.schedule_id!r})"

    def function_wrapper(self, **kwargs):
        """Runs the task."""
        note(
            "TaskRunner.function_wrapper",
            task_id=self.task_id,
            site_name=self.site_name,
            schedule_id=self.schedule_id,
            kwargs=kwargs,
        )
        fail_if_wanted(self.task_id)


def run_task_by_id(task_id, site_name, schedule_id=None, rq_job_id=None):
    """Runs the task; what workers of 15.1 and later are told."""
    note(
        "btu.btu_core.task_runner.run_task_by_id",
        task_id=task_id,
        site_name=site_name,
        schedule_id=schedule_id,
        rq_job_id=rq_job_id,
    )
    fail_if_wanted(task_id)


def on_btu_task_failure(job, connection, exception_type, value, traceback):
    """The app's failure callback."""
    note("btu.btu_core.task_runner.on_btu_task_failure", failed_job=job.id, error=repr(value))


def fail_if_wanted(task_id):
    """Tasks named in BTU_TEST_FAILING_TASKS (with commas between) fail."""
    if task_id in os.environ.get("BTU_TEST_FAILING_TASKS", "").split(","):
        raise RuntimeError(f"task {task_id} failed as wanted")
