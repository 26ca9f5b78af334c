"""Functions for RQ workers in tests; each notes its call."""
import base64
import pickle
import time

from btu_test_record import note


def record(*args, **kwargs):
    """Notes its arguments, as text and as a pickle that keeps every type, and returns how many there were."""
    exact = base64.b64encode(pickle.dumps((args, kwargs), protocol=4)).decode()
    note("record", args=repr(args), kwargs=repr(kwargs), exact=exact)
    return len(args) + len(kwargs)


def echo(*args, **kwargs):
    """Returns its arguments."""
    note("echo", args=repr(args), kwargs=repr(kwargs))
    return [list(args), kwargs]


def fail(text="wanted"):
    """Raises."""
    note("fail", args=repr((text,)))
    raise ValueError(text)


def wait(seconds):
    """Notes its start and its end."""
    note("wait", args=repr((seconds,)), phase="start")
    time.sleep(seconds)
    note("wait", args=repr((seconds,)), phase="end")
    return seconds
