"""What is measured of logs that grow old, long or many: cleaning, recovery after kill -9, very many partitions."""
import os
import re
import resource
import signal
import subprocess
import tempfile
import time

import wire
from items import topic_name
from measure import cpu_seconds, note, rss_mb, wait_quiet
from stops import Stops, undisturbed

CLEANED = "cleaner-offset-checkpoint"


def compaction(b):
    """A dirty log of 4 GB with keys is cleaned, with the same buffer on both: bytes cleaned per second, broker CPU per GB,
    and the p99 of a producer at 500 records a second, just before and during it. Without compression, with lz4, and 1 GB of it
    with log.cleaner.io.max.bytes.per.second of 50 MB/s."""
    b.stop_all()
    size, n = 500, 200_000 if b.quick else 8_000_000
    keys = n // 4
    settings = {"log.cleaner.dedupe.buffer.size": 128 << 20, "log.cleaner.threads": 1, "log.cleaner.backoff.ms": 100,
                "log.cleaner.min.cleanable.ratio": 0.01}
    slow = {"log.cleaner.io.max.bytes.per.second": 50e6}
    for name, codec, share, more in (("none", "none", 1, {}), ("lz4", "lz4", 1, {}), ("slow", "none", 4, slow)):
        for broker in b.rounds():
            broker.reset()
            broker.start(settings | more)
            b.warm_up(broker)
            # Twice before: what is measured lasts for seconds only, and a compiler begins anew when code that it knows from
            # a first cleaning meets a second one.
            for part in (4 * share, 4 * share, share):
                clean(b, broker, name, codec, n // part, keys // part, size, measured=part == share)
            broker.stop()
            broker.end()


def clean(b, broker, name, codec, n, keys, size, measured):
    dirty, fresh = topic_name("dirty"), topic_name("fresh")
    # What the round before leaves is removed before the next one is measured, not meanwhile.
    wire.create_topic(broker.address, dirty, segment_bytes=str((1 if b.quick else 64) << 20), cleanup_policy="delete",
                      file_delete_delay_ms=str(60_000 if measured else 1000))
    wire.create_topic(broker.address, fresh)
    drawn = b.client("KeyedLoad", broker.address, dirty, n, keys, size, codec).run().values("KEYED")["keys"]
    os.sync()
    wait_quiet()
    end, before = active_segment(broker, dirty), log_bytes(broker, dirty)
    if not end:
        raise RuntimeError(f"{broker.name}: all of {dirty} is in its active segment, which is not cleaned")

    def cleaning():
        with wire.Wire(broker.address) as w:
            cpu, since = cpu_seconds(broker.pid), time.monotonic_ns()
            w.alter_topic(dirty, {"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.01"})
        wait_cleaned(broker, dirty, end)
        return since, time.monotonic_ns(), cpu_seconds(broker.pid) - cpu

    if not measured:
        cleaning()
    else:
        alone, during, (since, until, cpu) = paced_beside(b, broker, fresh, cleaning)
        took = (until - since) / 1e9
        note(f"cleaned {before / 1e9:.2f} GB in {took:.1f} s, {len(during)} records beside it")
        name = f"compaction.{name}"
        b.record.add(broker.name, f"{name}.cleaned_mb_s", before / 1e6 / took, "MB/s")
        b.record.add(broker.name, f"{name}.cpu_s_per_gb", cpu / (before / 1e9), "cpu-s/GB")
        idle = percentile99(alone)
        b.record.add(broker.name, f"{name}.produce_p99_idle_us", idle, "us")
        if during:
            p99 = percentile99(during)
            b.record.add(broker.name, f"{name}.produce_p99_during_us", p99, "us")
            b.record.add(broker.name, f"{name}.produce_p99_during_to_idle", p99 / idle, "x")
        # The same on both, but for what the active segment holds: else one of them has done less.
        b.record.add(broker.name, f"{name}.kept_bytes_per_key", log_bytes(broker, dirty) / drawn, "B")
    for topic in (dirty, fresh):
        wire.delete_topic(broker.address, topic)


def paced_beside(b, broker, topic, work):
    """One producer of 500 records a second, alone for a while and then beside work(), which says (since, until, more).
    -> the (due, latency) of the records alone, of those between since and until, and what was said; without the records
    that the whole machine's standing still touched"""
    seconds, warm = (3, 1) if b.quick else (20, 15)
    with tempfile.NamedTemporaryFile("r") as file:
        with Stops() as stops:
            client = b.client("PacedProducer", broker.address, topic, 500, 300, warm, 100, file.name).start()
            try:
                client.await_line("WARM")
                time.sleep(seconds)
                said = work()
                if client.process.poll() is not None:
                    raise RuntimeError("PacedProducer ended before what it is measured beside")
                client.process.send_signal(signal.SIGTERM)
                client.reader.join(client.timeout)
                client.process.wait(client.timeout)
            finally:
                client.stop()
        samples = [tuple(map(int, line.split())) for line in file]
    if not samples:
        raise RuntimeError("no record of PacedProducer:\n" + "\n".join(client.lines[-20:]))
    counted = samples
    if stops.all is None:
        note("no right to watch whether the machine stands still: every record counts")
    else:
        counted = [s for s in samples if undisturbed([s], stops.all)]
        note(f"the machine stood still {len(stops.all)} times; {len(counted)} of {len(samples)} records count")
    since, until, _ = said
    return [s for s in counted if s[0] < since], [s for s in counted if since <= s[0] <= until], said


def percentile99(samples):
    latencies = sorted(latency for _, latency in samples)
    return latencies[len(latencies) * 99 // 100] / 1e3


def active_segment(broker, topic):
    """-> base offset of the last segment of partition 0"""
    return max(int(os.path.basename(f)[:-4]) for f in broker.files_of(topic) if f.endswith(".log"))


def log_bytes(broker, topic):
    """Of all but the active segment, which is not cleaned."""
    logs = sorted(f for f in broker.files_of(topic) if f.endswith(".log"))
    return sum(os.path.getsize(f) for f in logs[:-1])


def wait_cleaned(broker, topic, end, timeout=600):
    """Until the checkpoint says that all below the offset is clean."""
    path, until = os.path.join(broker.data, CLEANED), time.monotonic() + timeout
    while time.monotonic() < until:
        try:
            with open(path) as f:
                for line in f:
                    found = re.fullmatch(rf"{re.escape(topic)} 0 (\d+)\n?", line)
                    if found and int(found.group(1)) >= end:
                        return
        except FileNotFoundError:
            pass
        # Reading it more often takes a processor from whom we measure.
        time.sleep(0.05)
    raise TimeoutError(f"{topic} is not cleaned up to {end}")


def recovery(b):
    """10 GB in 1,000 partitions, kill -9: until the first answer, and until all partitions are served again."""
    b.stop_all()
    count, size = (100, 1000) if b.quick else (1000, 1000)
    n = 100_000 if b.quick else 10_000_000
    for broker in b.rounds():
        broker.reset()
        broker.start()
        wire.create_topic(broker.address, "many", count)
        b.producer(broker, "many", n, size, batch_size=32768, linger_ms=100, buffer_memory=256 << 20,
                   partitioner_class="org.apache.kafka.clients.producer.RoundRobinPartitioner").run()
        # What counts is the reading and checking; the disk must not be busy with the writing from before.
        os.sync()
        wait_quiet()
        broker.kill()
        since = time.monotonic()
        _, ready = broker.start()
        b.record.add(broker.name, "recovery.ready_s", ready, "s")
        b.record.add(broker.name, "recovery.available_s", wire.wait_available(broker.address, "many", count, since), "s")
        b.record.add(broker.name, "recovery.cpu_s", cpu_seconds(broker.pid), "cpu-s")
        b.record.add(broker.name, "recovery.rss_mib", rss_mb(broker.pid), "MiB")
        with wire.Wire(broker.address) as w:
            there = sum(offset for _, offset in w.list_offsets("many", range(count)).values())
        if there != n:
            raise RuntimeError(f"{broker.name}: {there} of {n} records after the restart")
        broker.stop()
        broker.end()


def partitions(b):
    """1,000, 5,000 and 20,000 partitions that hold a few records each: until every leader answers
    ListOffsets when they are created, after a clean stop and after kill -9; memory and open files."""
    b.stop_all()
    for count in ((50, 100) if b.quick else (1000, 5000, 20_000)):
        for broker in b.rounds():
            name = f"partitions.{count}"
            if broker.name == "kafka" and count * 1.1 > resource.getrlimit(resource.RLIMIT_NOFILE)[1]:
                note(f"kafka keeps a file open for each of {count} partitions, more than a process may here: left out")
                continue
            broker.reset()
            wait_quiet()
            broker.start()
            time.sleep(1 if b.quick else 5)
            since = time.monotonic()
            for topic, size in topics_of(count):
                wire.create_topic(broker.address, topic, size)
            b.record.add(broker.name, f"{name}.create_available_s", time.monotonic() - since, "s")
            b.record.add(broker.name, f"{name}.rss_mib", rss_mb(broker.pid), "MiB")
            for topic, size in topics_of(count):
                b.producer(broker, topic, 2 * size, 100, batch_size=400, linger_ms=100,
                           partitioner_class="org.apache.kafka.clients.producer.RoundRobinPartitioner").run()
            b.record.add(broker.name, f"{name}.used_rss_mib", rss_mb(broker.pid), "MiB")
            b.record.add(broker.name, f"{name}.used_open_files", open_files(broker), "")
            b.record.add(broker.name, f"{name}.stop_s", broker.stop(), "s")
            wait_quiet()
            restart(b, broker, count, f"{name}.restart")
            b.record.add(broker.name, f"{name}.restart_rss_mib", rss_mb(broker.pid), "MiB")
            b.record.add(broker.name, f"{name}.restart_open_files", open_files(broker), "")
            b.record.add(broker.name, f"{name}.restart_heap_mib", live_heap_mib(broker), "MiB")
            broker.kill()
            wait_quiet()
            restart(b, broker, count, f"{name}.killed")
            broker.stop()
            broker.end()


def topics_of(count):
    """-> (name, partitions): so many that neither broker refuses one for its size"""
    return [(f"many-{first}", min(5000, count - first)) for first in range(0, count, 5000)]


def restart(b, broker, count, name):
    since = time.monotonic()
    _, ready = broker.start()
    b.record.add(broker.name, f"{name}_ready_s", ready, "s")
    available = max(wire.wait_available(broker.address, topic, size, since) for topic, size in topics_of(count))
    b.record.add(broker.name, f"{name}_available_s", available, "s")
    b.record.add(broker.name, f"{name}_cpu_s", cpu_seconds(broker.pid), "cpu-s")


def open_files(broker):
    return len(os.listdir(f"/proc/{broker.pid}/fd"))


def live_heap_mib(broker):
    """What is in use after a full collection."""
    text = subprocess.run(["jcmd", str(broker.pid), "GC.class_histogram"], capture_output=True, text=True, check=True).stdout
    return int(re.search(r"^Total\s+\d+\s+(\d+)", text, re.MULTILINE).group(1)) / 2**20


ALL = {f.__name__: f for f in (partitions, compaction, recovery)}
