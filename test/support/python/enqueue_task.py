"""Puts a BTU task on its queue as the app's own endpoint does since 15.1, and prints the job's id."""
import json
import sys
import uuid

from frappe.utils.background_jobs import create_job_id, enqueue
from redis import Redis

wish = json.loads(sys.argv[1])
job_id = wish.get("job_id") or uuid.uuid4().hex
job = enqueue(
    Redis.from_url(wish["redis_url"]),
    "btu.btu_core.task_runner.run_task_by_id",
    wish["queue"],
    site=wish["site"],
    user=wish["user"],
    bench_id=wish["bench_id"],
    id_style=wish["id_style"],
    timeout=wish["timeout_secs"],
    on_failure="btu.btu_core.task_runner.on_btu_task_failure",
    job_id=job_id,
    task_id=wish["task_id"],
    site_name=wish["site"],
    schedule_id=wish["schedule_id"],
    rq_job_id=create_job_id(wish["site"], job_id, wish["id_style"]),
)
print(job.id)
