"""What Frappe puts into its jobs, and what its workers run."""
import uuid

import frappe
from btu_test_record import note


def execute_job(site, method, event, job_name, kwargs, user=None, is_async=True, retry=0):
    """Runs a method for a site; `method` is a function or its dotted path."""
    name = "frappe.utils.background_jobs.execute_job"
    return note_and_run(name, site, user, method, event, job_name, is_async, kwargs)


def note_and_run(name, site, user, method, event, job_name, is_async, kwargs):
    """Notes the call of `name` with all it was told, and runs the method."""
    note(
        name,
        site=site,
        user=user,
        method=method,
        event=event,
        job_name=job_name,
        is_async=is_async,
        kwargs=kwargs,
    )
    if isinstance(method, str):
        method = frappe.get_attr(method)
    return method(**(kwargs or {}))


def truncate_failed_registry(job, connection, exception_type, value, traceback):
    """Frappe's own failure callback."""
    note("frappe.utils.background_jobs.truncate_failed_registry", failed_job=job.id, error=repr(value))


def create_job_id(site, job_id, style):
    """The id of an RQ job in the style of a generation: "||", "::" or "plain"."""
    job_id = job_id or str(uuid.uuid4())
    return job_id if style == "plain" else f"{site}{style}{job_id}"


def enqueue(connection, method, queue, *, site, user, bench_id, id_style, timeout, on_failure, job_id=None, **kwargs):
    """Puts a job on a queue as `frappe.enqueue` does, through RQ's own `Queue.enqueue_call`; returns the job."""
    from rq import Queue

    name = f"{bench_id}:{queue}" if bench_id else queue
    arguments = {
        "site": site,
        "user": user,
        "method": method,
        "event": None,
        "job_name": method,
        "is_async": True,
        "kwargs": kwargs,
    }
    return Queue(name, connection=connection).enqueue_call(
        "frappe.utils.background_jobs.execute_job",
        on_failure=frappe.get_attr(on_failure),
        timeout=timeout,
        kwargs=arguments,
        failure_ttl=7 * 24 * 60 * 60,
        result_ttl=600,
        job_id=create_job_id(site, job_id, id_style),
    )
