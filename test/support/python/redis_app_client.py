"""Sends commands through Redis as the BTU app does since 15.1.1, and prints each answer and how long it took."""
import json
import sys
import time
import uuid

import redis

client = redis.Redis.from_url(sys.argv[1])
for line in sys.stdin:
    request_type, request_content = json.loads(line)
    response_key = f"btu:scheduler:rpc:{uuid.uuid4().hex}"
    command = {
        "request_type": request_type,
        "request_content": request_content,
        "response_key": response_key,
    }
    started = time.perf_counter()
    client.lpush("btu:scheduler:commands", json.dumps(command))
    answer = client.blpop([response_key], timeout=5)
    took_ms = (time.perf_counter() - started) * 1000
    reply = None if answer is None else answer[1].decode()
    print(json.dumps({"reply": reply, "took_ms": took_ms}), flush=True)
