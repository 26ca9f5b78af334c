"""Stands in for the BTU app: its own way to run a pickled method."""
import frappe
from btu_test_record import note


def execute_job(site, method, event, job_name, kwargs, user=None, is_async=True, retry=0):
    """Runs what `get_pickled_task` pickled: a bound method, or since 15.1 a dotted path."""
    note(
        "btu.btu_api.execute_job",
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
