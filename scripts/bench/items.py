"""What is measured. Each item runs the brokers alternately, round by round, after the same warm-up."""
import itertools
import os
import random
import re
import sys
import tempfile
import time

import wire
from measure import Client, cpu_seconds, measured, note, rss_mb, wait_quiet
from replay import drop_from_cache
from stops import Stops, undisturbed

HERE = os.path.dirname(os.path.abspath(__file__))
BATCHING = {"default": {}, "64k": {"batch.size": 65536, "linger.ms": 10}}
NUMBER = r"([0-9]+(?:[.,][0-9]+)?)"


def topic_name(prefix):
    return f"{prefix}-{int(time.time()) % 10**6}-{random.randrange(10**4):04d}"


class Bench:
    """The tools of all items.

    brokers: those to compare; libs, classes: jars of Kafka and our compiled clients; runs: measured
    rounds; quick: small loads, to see that everything works."""

    def __init__(self, brokers, record, libs, classes, runs, quick):
        self.brokers, self.record, self.runs, self.quick = brokers, record, runs, quick
        self.java = ["java", "-Xmx512M", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20",
                     f"-Dlog4j2.configurationFile={HERE}/log4j2-client.properties",
                     "-cp", f"{classes}:{libs}/*"]

    def client(self, main, *args):
        return Client([*self.java, main, *map(str, args)])

    def producer(self, broker, topic, records, size, throughput=-1, **props):
        settings = {k.replace("_", "."): v for k, v in props.items()}
        more = ["--command-property", *(f"{k}={v}" for k, v in settings.items())] if settings else []
        return self.client("org.apache.kafka.tools.ProducerPerformance", "--bootstrap-server",
                           broker.address, "--topic", topic, "--num-records", records,
                           "--record-size", size, "--throughput", throughput, *more)

    def rounds(self):
        """The brokers in turn, the first one changing, so that neither always goes first."""
        for run in range(self.runs):
            order = list(self.brokers) if run % 2 == 0 else list(reversed(self.brokers))
            for broker in order:
                yield broker

    def ensure_running(self):
        for broker in self.brokers:
            if broker.process is None:
                broker.reset()
                broker.start()
                self.warm_up(broker)

    def warm_up(self, broker):
        """A freshly started JVM costs several times as much, until its compiler is done: the same
        load of 3 GB for each broker first."""
        topic = topic_name("warm-up")
        # Its files are gone before anything is measured, not meanwhile.
        wire.create_topic(broker.address, topic, 12, file_delete_delay_ms="1000")
        for size in (100, 1000):
            n = (100_000 if self.quick else 15_000_000) * 100 // size
            self.producer(broker, topic, n, size).run()
            self.client("BulkConsume", broker.address, topic, 1, n, "earliest").run()
        self.client("OneAtATime", broker.address, topic, 200 if self.quick else 5000, 0, 100, 1, "ack").run()
        wire.delete_topic(broker.address, topic)
        note(f"{broker.name} is warm: {cpu_seconds(broker.pid):.1f} CPU-s so far")

    def stop_all(self):
        for broker in self.brokers:
            if broker.process is not None:
                broker.stop()


def producer_summary(client):
    for line in reversed(client.lines):
        m = re.search(rf"records sent, {NUMBER} records/sec \({NUMBER} MB/sec\), {NUMBER} ms avg", line)
        if m:
            return float(m.group(1).replace(",", "."))
    raise RuntimeError("no summary from ProducerPerformance:\n" + "\n".join(client.lines[-10:]))


def start(b):
    """Start on fresh storage to the first answered request; memory when idle; restart; stop."""
    b.stop_all()
    for broker in b.rounds():
        broker.reset()
        wait_quiet()
        first, _ = broker.start()
        b.record.add(broker.name, "start.first_answer_s", first, "s")
        b.record.add(broker.name, "start.cpu_s", cpu_seconds(broker.pid), "cpu-s")
        time.sleep(3 if b.quick else 10)
        cpu, since = cpu_seconds(broker.pid), time.monotonic()
        time.sleep(3 if b.quick else 10)
        b.record.add(broker.name, "idle.cpu_pct",
                     100 * (cpu_seconds(broker.pid) - cpu) / (time.monotonic() - since), "%")
        b.record.add(broker.name, "idle.rss_mib", rss_mb(broker.pid), "MiB")
        b.record.add(broker.name, "stop_s", broker.stop(), "s")
        wait_quiet()
        first, _ = broker.start()
        b.record.add(broker.name, "restart.first_answer_s", first, "s")
        broker.stop()


def produce(b):
    """Throughput of ProducerPerformance with acks=all, and the broker's CPU seconds per GB (1e9 bytes of payload);
    and the floor of a server that does nothing but write what it receives."""
    b.ensure_running()
    seconds = 2 if b.quick else 8
    for size, count, (batching, props) in itertools.product((1000, 100), (1, 12), BATCHING.items()):
        name = f"produce.{size}B.{count}p.{batching}"
        rate = {}
        topics = {broker: topic_name("produce") for broker in b.brokers}
        for broker in b.brokers:
            wire.create_topic(broker.address, topics[broker], count)
            pilot = b.producer(broker, topics[broker], 100_000 if b.quick else 1_000_000 * 100 // size, size, **props)
            rate[broker] = producer_summary(pilot.run())
        # The same number of records for all: more would be better warmed.
        n = int(max(rate.values()) * seconds)
        for broker in b.rounds():
            os.sync()
            client, m = measured(broker.pid, b.producer(broker, topics[broker], n, size, **props).run)
            b.record.add(broker.name, f"{name}.records_s", producer_summary(client), "rec/s")
            b.record.add(broker.name, f"{name}.cpu_s_per_gb", m.cpu / (n * size / 1e9), "cpu-s/GB")
        for broker in b.brokers:
            wire.delete_topic(broker.address, topics[broker])
        with tempfile.TemporaryDirectory(dir=b.brokers[0].directory) as files:
            floor = b.client("Floor", "floor", count, files).start(apart=True)
            try:
                floor.address = "127.0.0.1:" + floor.await_line("FLOOR").split()[1]
                b.producer(floor, "floor", n, size, **props).run()
                for _ in range(b.runs):
                    client, m = measured(floor.process.pid, b.producer(floor, "floor", n, size, **props).run)
                    b.record.add("floor", f"{name}.records_s", producer_summary(client), "rec/s")
                    b.record.add("floor", f"{name}.cpu_s_per_gb", m.cpu / (n * size / 1e9), "cpu-s/GB")
            finally:
                floor.stop()


def consume(b):
    """One reader with assign() reads what the page cache holds."""
    b.ensure_running()
    for size, n in ((1000, 1_500_000), (100, 6_000_000)):
        n = n // 20 if b.quick else n
        topics = {broker: topic_name("consume") for broker in b.brokers}
        for broker in b.brokers:
            wire.create_topic(broker.address, topics[broker])
            b.producer(broker, topics[broker], n, size).run()
            b.client("BulkConsume", broker.address, topics[broker], 1, n, "earliest").run()
        for broker in b.rounds():
            client, m = measured(
                broker.pid, b.client("BulkConsume", broker.address, topics[broker], 1, n, "earliest").run)
            got = client.values("CONSUME")
            b.record.add(broker.name, f"consume.{size}B.mb_s", got["bytes"] / 1e6 / got["seconds"], "MB/s")
            b.record.add(broker.name, f"consume.{size}B.cpu_s_per_gb", m.cpu / (got["bytes"] / 1e9), "cpu-s/GB")
        for broker in b.brokers:
            wire.delete_topic(broker.address, topics[broker])


def fanout(b):
    """20 MB/s in one partition, four readers at its end."""
    b.ensure_running()
    rate, size, readers, seconds = 20_000, 1000, 4, 3 if b.quick else 20
    for broker in b.rounds():
        topic = topic_name("fanout")
        wire.create_topic(broker.address, topic)
        n = rate * seconds

        def run():
            consumer = b.client("BulkConsume", broker.address, topic, readers, n, "latest").start()
            consumer.await_line("READY")
            producer = b.producer(broker, topic, n, size, throughput=rate).run()
            return producer, consumer.wait()

        (producer, consumer), m = measured(broker.pid, run, attempts=2)
        b.record.add(broker.name, "fanout.20mb_s.4readers.produced_mb_s",
                     producer_summary(producer) * size / 1e6, "MB/s")
        b.record.add(broker.name, "fanout.20mb_s.4readers.cpu_s_per_gb_in", m.cpu / (n * size / 1e9), "cpu-s/GB")
        if consumer.values("CONSUME")["records"] != n * readers:
            raise RuntimeError("not all records reached all readers")
        wire.delete_topic(broker.address, topic)


def latency(b):
    """One message at a time: acknowledgement, end to end, CPU per message; and the floor of a server that does nothing."""
    b.ensure_running()
    n, warm = (300, 100) if b.quick else (10_000, 2_000)
    topics = {broker: topic_name("one") for broker in b.brokers}
    for broker in b.brokers:
        wire.create_topic(broker.address, topics[broker])
        b.client("OneAtATime", broker.address, topics[broker], n, warm, 100, 1, "e2e").run()
    floor = b.client("Floor", "floor").start(apart=True)
    try:
        port = floor.await_line("FLOOR").split()[1]
        b.client("OneAtATime", f"127.0.0.1:{port}", "floor", n, warm, 100, 1, "ack").run()
        for i, broker in enumerate(b.rounds()):
            client, m = measured(broker.pid, b.client(
                "OneAtATime", broker.address, topics[broker], n, warm, 100, 1, "ack").run)
            got = client.values("ONE")
            b.record.add(broker.name, "one.ack_p50_us", got["ack_p50"], "us")
            b.record.add(broker.name, "one.ack_p99_us", got["ack_p99"], "us")
            b.record.add(broker.name, "one.ack.cpu_us_per_message", m.cpu / (n + warm) * 1e6, "cpu-us")
            client, m = measured(broker.pid, b.client(
                "OneAtATime", broker.address, topics[broker], n, warm, 100, 1, "e2e").run)
            got = client.values("ONE")
            b.record.add(broker.name, "one.e2e_p50_us", got["e2e_p50"], "us")
            b.record.add(broker.name, "one.e2e_p99_us", got["e2e_p99"], "us")
            b.record.add(broker.name, "one.e2e.cpu_us_per_message", m.cpu / (n + warm) * 1e6, "cpu-us")
            if i % len(b.brokers) == 0:
                client, m = measured(floor.process.pid, b.client(
                    "OneAtATime", f"127.0.0.1:{port}", "floor", n, warm, 100, 1, "ack").run)
                got = client.values("ONE")
                b.record.add("floor", "one.ack_p50_us", got["ack_p50"], "us")
                b.record.add("floor", "one.ack_p99_us", got["ack_p99"], "us")
                b.record.add("floor", "one.ack.cpu_us_per_message", m.cpu / (n + warm) * 1e6, "cpu-us")
    finally:
        floor.stop()
    for broker in b.brokers:
        wire.delete_topic(broker.address, topics[broker])


def flush(b):
    """flush.messages=1: 16 producers with one record in flight each, on one partition; bare connections, and
    KafkaProducers, which on a small machine need most of it for themselves."""
    b.ensure_running()
    seconds, warm = (3, 1) if b.quick else (10, 4)
    for broker in b.rounds():
        for client, line, name in (("BareProducers", "BARE", "16producers"), ("SyncProducers", "SYNC", "16javaclients")):
            topic = topic_name("flush")
            wire.create_topic(broker.address, topic, flush_messages="1")
            wait_quiet()
            got = b.client(client, broker.address, topic, 16, seconds, warm, 100).run().values(line)
            b.record.add(broker.name, f"flush.{name}.records_s", got["rps"], "rec/s")
            b.record.add(broker.name, f"flush.{name}.ack_p50_us", got["ack_p50"], "us")
            b.record.add(broker.name, f"flush.{name}.ack_p99_us", got["ack_p99"], "us")
            wire.delete_topic(broker.address, topic)


def parked(b):
    """1,000 consumers whose fetches wait: the broker's CPU, above what it takes when idle."""
    b.ensure_running()
    seconds = 5 if b.quick else 20
    for broker in b.rounds():
        topic = topic_name("parked")
        wire.create_topic(broker.address, topic)
        wait_quiet()

        def share():
            cpu, since = cpu_seconds(broker.pid), time.monotonic()
            time.sleep(seconds)
            return 100 * (cpu_seconds(broker.pid) - cpu) / (time.monotonic() - since)

        idle = share()
        connections = [wire.Wire(broker.address) for _ in range(1000)]
        try:
            for connection in connections:
                connection.park_fetch(topic, 600_000)
            time.sleep(2)
            busy = share()
        finally:
            for connection in connections:
                connection.close()
        b.record.add(broker.name, "parked.1000.cpu_pct", busy, "%")
        b.record.add(broker.name, "parked.1000.cpu_pct_above_idle", max(0.0, busy - idle), "%")
        wire.delete_topic(broker.address, topic)


def cold(b):
    """The p99 of a producer at 500 records a second, alone and while one reader replays cold data at full speed; and the
    floor: a server that does nothing but write what it receives, beside the same reader. Beside a KafkaConsumer, which
    takes more of two processors than any broker, and beside a bare reader that gives way to all others. Records that
    the whole machine's standing still touched do not count (stops.py); how long it did is printed."""
    b.ensure_running()
    size, n = 1000, 100_000 if b.quick else 3_000_000
    seconds, warm = (3, 1) if b.quick else (12, 3)

    def paced(address, topic):
        with tempfile.NamedTemporaryFile("r") as file:
            with Stops() as stops:
                client = b.client("PacedProducer", address, topic, 500, seconds, warm, 100, file.name).run()
            if stops.all is None:
                note("no right to watch whether the machine stands still: every record counts")
                return client.values("PACED")["ack_p99"]
            samples = [tuple(map(int, line.split())) for line in file]
        counted = sorted(undisturbed(samples, stops.all))
        still = sum(end - start for start, end in stops.all) / 1e6
        note(f"the machine stood still {len(stops.all)} times, {still:.0f} ms in all; {len(counted)} of "
             f"{len(samples)} records count")
        return counted[len(counted) * 99 // 100] / 1e3

    def add(name, idle, during, bare):
        b.record.add(name, "cold.produce_p99_idle_us", idle, "us")
        for reader, p99 in (("", during), ("bare.", bare)):
            b.record.add(name, f"cold.{reader}produce_p99_during_us", p99, "us")
            b.record.add(name, f"cold.{reader}produce_p99_during_to_idle", p99 / idle, "x")

    def beside_readers(broker, old, address, topic):
        """-> p99 alone, beside a KafkaConsumer, beside a bare reader; what the readers said"""
        files = list(broker.files_of(old))
        wait_quiet()
        idle = paced(address, topic)
        drop_from_cache(files)
        reader = b.client("BulkConsume", broker.address, old, 1, n, "earliest").start()
        reader.await_line("READY")
        during = paced(address, topic)
        consumed = reader.wait().values("CONSUME")
        bare = Client([sys.executable, f"{HERE}/replay.py", broker.address, old, str(n),
                       str(seconds + warm + 2), *files]).start()
        beside_bare = paced(address, topic)
        return idle, during, beside_bare, consumed, bare.wait().values("REPLAY")

    with tempfile.TemporaryDirectory(dir=b.brokers[0].directory) as written:
        floor = b.client("Floor", "floor", 1, written).start(apart=True)
        try:
            nothing = "127.0.0.1:" + floor.await_line("FLOOR").split()[1]
            for i, broker in enumerate(b.rounds()):
                old, fresh = topic_name("old"), topic_name("fresh")
                wire.create_topic(broker.address, old, segment_bytes=str(256 << 20))
                wire.create_topic(broker.address, fresh)
                b.producer(broker, old, n, size, batch_size=65536, linger_ms=10).run()
                os.sync()
                *p99s, got, bare = beside_readers(broker, old, broker.address, fresh)
                add(broker.name, *p99s)
                b.record.add(broker.name, "cold.replay_mb_s", got["bytes"] / 1e6 / got["seconds"], "MB/s")
                b.record.add(broker.name, "cold.bare.replay_mb_s", bare["mb_s"], "MB/s")
                if i % len(b.brokers) == 0:
                    *p99s, _, _ = beside_readers(broker, old, nothing, "floor")
                    add("floor", *p99s)
                for topic in (old, fresh):
                    wire.delete_topic(broker.address, topic)
        finally:
            floor.stop()


ALL = {f.__name__: f for f in (start, produce, consume, fanout, latency, flush, parked, cold)}
