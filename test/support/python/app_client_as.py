"""Becomes the user named first, with the groups of that user, and goes on as app_client.py."""
import os
import pathlib
import pwd
import sys

# Those of the client: this user may have no right to read Python's own files either.
import json  # noqa: F401
import select  # noqa: F401
import socket  # noqa: F401
import time  # noqa: F401

account = pwd.getpwnam(sys.argv.pop(1))
# Read before: the user may have no right to look in here.
client = pathlib.Path(__file__).with_name("app_client.py").read_text()
os.initgroups(account.pw_name, account.pw_gid)
os.setgid(account.pw_gid)
os.setuid(account.pw_uid)
exec(client)
