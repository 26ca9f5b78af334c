"""How fast RQ itself, rq-scheduler and `rq cron` put jobs on a queue: prints one JSON object."""
import json
import sys
import time
from datetime import datetime, timedelta, timezone

from redis import Redis

peer, url, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
connection = Redis.from_url(url)


def rq_enqueue():
    from rq import Queue

    queue = Queue("default", connection=connection)
    started = time.perf_counter()
    for number in range(count):
        queue.enqueue("reports.run", number, "two")
    return time.perf_counter() - started


def rq_enqueue_many():
    from rq import Queue

    queue = Queue("default", connection=connection)
    started = time.perf_counter()
    queue.enqueue_many([Queue.prepare_data("reports.run", args=(n, "two")) for n in range(count)])
    return time.perf_counter() - started


def rq_cron():
    from rq.cron import CronScheduler

    scheduler = CronScheduler(connection=connection, logging_level="ERROR")
    for number in range(count):
        scheduler.register(print, "default", args=(number, "two"), interval=3600)
    started = time.perf_counter()
    scheduler.enqueue_jobs()
    return time.perf_counter() - started


def rq_scheduler():
    from rq_scheduler import Scheduler

    scheduler = Scheduler("default", connection=connection)
    due = datetime.now(timezone.utc).replace(tzinfo=None) - timedelta(seconds=60)
    for number in range(count):
        scheduler.enqueue_at(due, "reports.run", number, "two")
    started = time.perf_counter()
    scheduler.enqueue_jobs()
    return time.perf_counter() - started


seconds = {f.__name__: f for f in (rq_enqueue, rq_enqueue_many, rq_cron, rq_scheduler)}[peer]()
print(json.dumps({"seconds": seconds, "queued": connection.llen("rq:queue:default")}))
