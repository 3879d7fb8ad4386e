#!/usr/bin/env python3
"""Millrace beside Apache Kafka on this machine; started by scripts/bench.sh."""
import argparse
import os
import platform
import resource
import signal
import subprocess
import sys
import tempfile
import time

import brokers as broker_kinds
import cluster
import groups
import items
import link
import logs
import measure
import replicated
import report
import transactions

ALL = {**items.ALL, **logs.ALL, **groups.ALL, **cluster.ALL, **replicated.ALL, **link.ALL, **transactions.ALL}


def arguments():
    ap = argparse.ArgumentParser(prog="scripts/bench.sh", description=__doc__, epilog="Items: " + "; ".join(
        f"{name}: {f.__doc__}" for name, f in ALL.items()))
    ap.add_argument("--quick", action="store_true",
                    help="small loads and one run: shows that everything works, its figures mean nothing")
    ap.add_argument("--only", default="", help="items to measure, comma separated: " + ", ".join(ALL))
    ap.add_argument("--runs", type=int, help="measured runs of each figure and broker (default 3)")
    ap.add_argument("--brokers", default="millrace,kafka", help="which to measure")
    ap.add_argument("--out", help="folder for results.tsv and results.md (default target/bench/TIME)")
    ap.add_argument("--libs", required=True, help=argparse.SUPPRESS)
    ap.add_argument("--classes", required=True, help=argparse.SUPPRESS)
    a = ap.parse_args()
    a.items = [x for x in a.only.split(",") if x] or list(ALL)
    a.brokers = a.brokers.split(",")
    for given, known in ((a.items, ALL), (a.brokers, ("millrace", "kafka"))):
        unknown = set(given) - set(known)
        if unknown:
            ap.error(f"unknown: {', '.join(sorted(unknown))}")
    a.runs = a.runs or (1 if a.quick else 3)
    return a


def machine():
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    memory = int(next(line for line in open("/proc/meminfo")).split()[1]) / 2**20
    java = subprocess.run(["java", "-version"], capture_output=True, text=True).stderr.splitlines()[0]
    return (f"{os.cpu_count()} CPUs ({cpu}), {memory:.0f} GiB, Linux {platform.release()}, {java}; "
            f"{time.strftime('%Y-%m-%d')}")


def main():
    a = arguments()
    out = os.path.abspath(a.out) if a.out else os.path.join(broker_kinds.ROOT, "target", "bench", time.strftime("%Y%m%d-%H%M%S"))
    os.makedirs(out, exist_ok=True)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    data = tempfile.mkdtemp(prefix="data-", dir=os.environ.get("BENCH_DATA", out))
    kinds = {"millrace": lambda: broker_kinds.Millrace(data), "kafka": lambda: broker_kinds.Kafka(data, a.libs)}
    running = [kinds[name]() for name in a.brokers]
    record = measure.Record(os.path.join(out, "results.tsv"))
    bench = items.Bench(running, record, a.libs, a.classes, a.runs, a.quick)
    failed = []
    try:
        for name in a.items:
            measure.note(f"== {name}: {ALL[name].__doc__}")
            try:
                ALL[name](bench)
            except (RuntimeError, OSError, TimeoutError, subprocess.SubprocessError) as e:
                # The other items still say something; the exit code tells of this one.
                measure.note(f"{name} FAILED: {e}")
                failed.append(name)
                for broker in running:
                    broker.end()
    finally:
        for broker in running:
            broker.end()
        os.rmdir(data)
        columns = [*a.brokers, *(["floor"] if any("floor" in v for v in record.values.values()) else [])]
        text = f"{machine()}; {a.runs} runs{', quick' if a.quick else ''}\n\n{report.table(record, columns)}\n"
        with open(os.path.join(out, "results.md"), "w") as f:
            f.write(text)
        print(text)
        print(f"Written to {out}")
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
