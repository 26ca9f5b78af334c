"""Stands in for the BTU app: its own way to run a pickled method."""
from frappe.utils.background_jobs import note_and_run


def execute_job(site, method, event, job_name, kwargs, user=None, is_async=True, retry=0):
    """Runs what `get_pickled_task` pickled: a bound method, or since 15.1 a dotted path."""
    return note_and_run("btu.btu_api.execute_job", site, user, method, event, job_name, is_async, kwargs)
