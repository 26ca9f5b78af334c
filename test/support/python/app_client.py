"""Speaks to the scheduler's socket as the BTU app does, and prints each answer and when its first byte was there."""
import json
import select
import socket
import sys
import time

path = sys.argv[1]
for line in sys.stdin:
    request_type, request_content = json.loads(line)
    message = {"request_type": request_type, "request_content": request_content}
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.settimeout(5)
    client.connect(path)
    started = time.perf_counter()
    client.send(json.dumps(message).encode())
    # Only the measurement looks here; the app itself just sleeps.
    select.select([client], [], [], 0.5)
    first_byte_ms = (time.perf_counter() - started) * 1000
    time.sleep(max(0.5 - first_byte_ms / 1000, 0))
    reply = client.recv(2048)
    client.close()
    print(json.dumps({"reply": reply.decode(), "first_byte_ms": first_byte_ms}), flush=True)
