"""Where the functions run by workers in tests write down that they were called."""
import json
import os
import time


def note(call, **fields):
    """Appends one JSON line to the file named by BTU_TEST_RECORD, in one write: forked workers share it."""
    path = os.environ.get("BTU_TEST_RECORD")
    if not path:
        return
    job_id, queue = current_job()
    line = {"call": call, "job_id": job_id, "queue": queue, "pid": os.getpid(), "at": time.time(), **fields}
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(handle, (json.dumps(line, default=repr) + "\n").encode())
    finally:
        os.close(handle)


def current_job():
    """Id and queue of the RQ job that runs this, or two times None."""
    try:
        from rq import get_current_job
    except ImportError:
        return None, None
    job = get_current_job()
    return (None, None) if job is None else (job.id, job.origin)
