"""A switch between network namespaces whose links take a time of their own; for kernels without netem.

delay.py MILLISECONDS NAMESPACE...   as root: each namespace gets the device "peers"; prints READY, ends with its input
"""
import collections
import ctypes
import fcntl
import os
import select
import struct
import sys
import time

CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
TAP, NO_PACKET_INFO = 0x0002, 0x1000
MAX_FRAME = 65_536


def device(namespace):
    """-> descriptor of a new TAP device there; leaves this thread in the namespace"""
    where = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(where, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), f"cannot enter {namespace}")
    os.close(where)
    tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", b"peers", TAP | NO_PACKET_INFO))
    return tap


def switch(taps, seconds):
    """Until the input ends."""
    homes = {}
    waiting = collections.deque()
    stop = sys.stdin.fileno()
    while True:
        left = max(0, waiting[0][0] - time.monotonic()) if waiting else None
        readable, _, _ = select.select([*taps, stop], [], [], left)
        if stop in readable:
            return
        now = time.monotonic()
        for tap in readable:
            frame = os.read(tap, MAX_FRAME)
            homes[frame[6:12]] = tap
            home = homes.get(frame[:6])
            for to in [home] if home else [other for other in taps if other != tap]:
                waiting.append((now + seconds, to, frame))
        while waiting and waiting[0][0] <= now:
            _, to, frame = waiting.popleft()
            try:
                os.write(to, frame)
            except OSError:
                pass  # the device is not up, or full: a frame is lost, as on a real link


if __name__ == "__main__":
    opened = [device(name) for name in sys.argv[2:]]
    print("READY", flush=True)
    switch(opened, float(sys.argv[1]) / 1000)
