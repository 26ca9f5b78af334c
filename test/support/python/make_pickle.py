"""Prints as base64 the bytes that `get_pickled_task` of a BTU generation gives for a task."""
import base64
import json
import pickle
import sys

from btu.btu_core.task_runner import TaskRunner

wish = json.loads(sys.argv[1])
site, task_id, schedule_id = wish["site"], wish["task_id"], wish["schedule_id"]
if wish["by_id"]:
    method = "btu.btu_core.task_runner.run_task_by_id"
    kwargs = {"task_id": task_id, "site_name": site, "schedule_id": schedule_id}
else:
    method = TaskRunner(task_id, site, schedule_id).function_wrapper
    kwargs = None
arguments = {
    "site": site,
    "user": wish["user"],
    "method": method,
    "event": None,
    "job_name": wish["description"],
    "is_async": True,
    "kwargs": kwargs,
}
data = pickle.dumps(("btu.btu_api.execute_job", None, (), arguments), protocol=pickle.HIGHEST_PROTOCOL)
print(base64.b64encode(data).decode())
