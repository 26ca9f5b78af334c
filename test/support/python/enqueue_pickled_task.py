"""Puts the call that `get_pickled_task` pickles on its queue through RQ itself, and prints the job's id."""
import json
import sys

from btu.btu_core.task_runner import TaskRunner
from redis import Redis
from rq import Queue

wish = json.loads(sys.argv[1])
runner = TaskRunner(wish["task_id"], wish["site"], wish["schedule_id"])
job = Queue(wish["queue"], connection=Redis.from_url(wish["redis_url"])).enqueue_call(
    "btu.btu_api.execute_job",
    kwargs={
        "site": wish["site"],
        "user": wish["user"],
        "method": runner.function_wrapper,
        "event": None,
        "job_name": "Task " + wish["task_id"],
        "is_async": True,
        "kwargs": None,
    },
    timeout=wish["timeout_secs"],
    result_ttl=600,
    failure_ttl=7 * 24 * 60 * 60,
)
print(job.id)
