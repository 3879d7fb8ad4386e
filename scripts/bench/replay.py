#!/usr/bin/env python3
"""Replays one partition that is not in the page cache, again and again, and throws away what it gets: a reader that
costs the machine as little as one can, and gives way to whoever else wants its processors.

Usage: replay.py ADDRESS TOPIC RECORDS SECONDS FILE...
FILE: what is dropped from the page cache before each pass. Prints REPLAY mb_s=... passes=...
"""
import os
import struct
import sys
import time

import wire

MAX_BYTES = 1 << 20


def drop_from_cache(paths):
    for path in paths:
        with open(path, "rb") as f:
            os.posix_fadvise(f.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def replay(connection, topic, records, until, buffer):
    """Reads from offset 0 to the end, or to the time. -> bytes of batches"""
    offset = got = 0
    while offset < records and time.monotonic() < until:
        end = connection.fetch_into(buffer, topic, offset, MAX_BYTES)
        at = start = wire.Wire.records_at(topic)
        while at + 27 <= end:
            base, size = struct.unpack_from(">qi", buffer, at)
            if at + 12 + size > end:
                break
            offset = base + struct.unpack_from(">i", buffer, at + 23)[0] + 1
            at += 12 + size
        got += at - start
    return got


def main():
    address, topic, records, seconds, *files = sys.argv[1:]
    os.nice(19)
    buffer = bytearray(MAX_BYTES + (1 << 16))
    began = time.monotonic()
    until = began + float(seconds)
    got, reading, passes = 0, 0.0, 0
    with wire.Wire(address) as connection:
        while time.monotonic() < until:
            drop_from_cache(files)
            since = time.monotonic()
            got += replay(connection, topic, int(records), until, buffer)
            reading += time.monotonic() - since
            passes += 1
    print(f"REPLAY mb_s={got / 1e6 / reading:.1f} passes={passes}")


if __name__ == "__main__":
    main()
