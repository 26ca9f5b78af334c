"""Takes messages as systemd does, on the socket named first, and prints each as a JSON line with its sender's process id."""
import json
import socket
import struct
import sys

name = sys.argv[1]
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
receiver.bind("\0" + name[1:] if name.startswith("@") else name)
print(json.dumps({"listening": name}), flush=True)
while True:
    message, ancillary, _, _ = receiver.recvmsg(4096, 256)
    pid = next(struct.unpack("iii", data)[0] for _, _, data in ancillary)
    print(json.dumps({"pid": pid, "message": message.decode()}), flush=True)
