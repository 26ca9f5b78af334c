"""Brings jobs into every state that this version of RQ has, and prints their ids by state as JSON."""
import json
import sys
from datetime import datetime, timedelta, timezone

from redis import Redis
from rq import Queue, SimpleWorker

connection = Redis.from_url(sys.argv[1])
queue = Queue("bench-a:long", connection=connection)
other = Queue("default", connection=connection)


def version():
    import rq

    return tuple(int(part) for part in rq.VERSION.split(".")[:2])


def run(on):
    SimpleWorker([on], connection=connection, name="once-" + on.name.replace(":", "-")).work(burst=True)


ids = {
    "finished": [queue.enqueue("btu_test_tasks.echo", "ü", key=[1, None], result_ttl=3600).id],
    "failed": [queue.enqueue("btu_test_tasks.fail", "no paper", failure_ttl=3600).id],
}
ids["failed"].append(queue.enqueue("btu_test_tasks.fail", "no ink", failure_ttl=-1).id)
run(queue)
base = other.enqueue("btu_test_tasks.record", 1)
ids["deferred"] = [other.enqueue("btu_test_tasks.record", 2, depends_on=base).id]
ids["queued"] = [base.id] + [other.enqueue("btu_test_tasks.record", n, note="x" * 100).id for n in range(3)]
due = datetime.now(timezone.utc) + timedelta(hours=2)
ids["scheduled"] = [queue.enqueue_at(due, "btu_test_tasks.record", 3).id]
if version() >= (1, 10):
    canceled = queue.enqueue("btu_test_tasks.record", 4)
    canceled.cancel()
    ids["canceled"] = [canceled.id]
# What its time is over for, and RQ has not taken out yet.
connection.zadd("rq:finished:default", {"forgotten": 1000})
connection.zadd("rq:failed:default", {"forgotten-too": 1000})
print(json.dumps(ids))
