"""Stands in for the Frappe framework: the few names that a job needs, in their places."""
from importlib import import_module


def get_attr(path):
    """The object that a dotted path names."""
    module, _, name = path.rpartition(".")
    return getattr(import_module(module), name)
