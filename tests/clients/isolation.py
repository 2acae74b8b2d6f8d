"""Keeps the clients off every network but the loopback of this machine.

A client that phones home must fail where all can see it. Where the system allows it, the
process moves into a network namespace that has nothing but a loopback; the sandbox is started
from there, so both see the same one. Everywhere, what Python connects to is watched.
"""

import ctypes
import fcntl
import os
import socket
import struct
import sys

CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
SIOCSIFFLAGS = 0x8914
IFF_UP = 0x1
IFF_RUNNING = 0x40

# Hosts other than the loopback that Python code asked for.
outside = []


def enter():
    """Leaves the machine's network for good; why not, if that is not possible."""
    sys.addaudithook(_watch)
    if sys.platform != "linux":
        return "there are network namespaces on Linux only"
    libc = ctypes.CDLL(None, use_errno=True)
    flags = CLONE_NEWNET if os.geteuid() == 0 else CLONE_NEWNET | CLONE_NEWUSER
    if libc.unshare(flags) != 0:
        return f"unshare: {os.strerror(ctypes.get_errno())}"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh", b"lo", IFF_UP | IFF_RUNNING)
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, request)
    return None


def _watch(event, arguments):
    if event == "socket.connect":
        address = arguments[1]
        if isinstance(address, tuple):
            _note(address[0])
    elif event == "socket.getaddrinfo":
        _note(arguments[0])


def _note(host):
    name = host.decode() if isinstance(host, bytes) else host
    if name and name not in ("localhost", "::1") and not name.startswith("127."):
        outside.append(name)
