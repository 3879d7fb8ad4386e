#!/usr/bin/env python3
"""Watches when the whole machine stands still: virtual machines do when they are above what their host grants them, and
whoever is measured then waits for nothing of its own. One process for each processor, above all others, sleeps a
millisecond at a time; when all of them wake late together, no process can have been the cause.

As a program, one watcher: stops.py CPU prints READY, then FROM TO (time.monotonic_ns) for each late awakening. It needs
the right to use SCHED_FIFO.
"""
import os
import subprocess
import sys
import threading
import time

NAP_NS, LATE_NS = 1_000_000, 3_000_000
# What waited while the machine stood still is served in this time afterwards.
RECOVERY_NS = 10_000_000


def watch(cpu, out):
    """Prints when it slept for too long."""
    os.sched_setaffinity(0, {cpu})
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    print("READY", file=out, flush=True)
    while True:
        before = time.monotonic_ns()
        time.sleep(NAP_NS / 1e9)
        now = time.monotonic_ns()
        if now - before > NAP_NS + LATE_NS:
            print(before + NAP_NS, now, file=out, flush=True)


class Stops:
    """with Stops() as stops: ...; then stops.all, sorted pairs of time.monotonic_ns; None where none can be seen."""

    def __enter__(self):
        self.processes = [subprocess.Popen([sys.executable, __file__, str(cpu)], stdout=subprocess.PIPE, text=True,
                                           stderr=subprocess.DEVNULL) for cpu in sorted(os.sched_getaffinity(0))]
        self.seen = [[] for _ in self.processes]
        self.able = all([p.stdout.readline() == "READY\n" for p in self.processes])
        self.readers = [threading.Thread(target=self._read, args=pair) for pair in zip(self.processes, self.seen)]
        for reader in self.readers:
            reader.start()
        return self

    @staticmethod
    def _read(process, seen):
        for line in process.stdout:
            seen.append(tuple(map(int, line.split())))

    def __exit__(self, *exc):
        for process in self.processes:
            process.kill()
            process.wait()
        for reader in self.readers:
            reader.join()
        self.all = together(self.seen) if self.able else None


def together(seen):
    """-> the times in which every watcher slept, where longer than a late wake-up"""
    common = seen[0]
    for other in seen[1:]:
        common = [(max(a, c), min(b, d)) for a, b in common for c, d in other if max(a, c) < min(b, d)]
    return [(a, b) for a, b in common if b - a > LATE_NS]


def undisturbed(samples, stops):
    """-> the latencies of the samples (due, latency) that no stop touched"""
    return [latency for due, latency in samples
            if not any(due < end + RECOVERY_NS and start < due + latency for start, end in stops)]


if __name__ == "__main__":
    watch(int(sys.argv[1]), sys.stdout)
