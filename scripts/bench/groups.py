"""What is measured of consumer groups."""
import os
import time

import wire
from items import topic_name, producer_summary
from measure import cpu_seconds, measured, rss_mb, wait_quiet


def ensure_groups(b):
    """All brokers run and every partition of __consumer_offsets is at work."""
    b.ensure_running()
    for broker in b.brokers:
        wire.wait_coordinators(broker.address)


def cpu_pct(broker, seconds):
    """The share of a core that the broker takes in the next seconds."""
    cpu, since = cpu_seconds(broker.pid), time.monotonic()
    time.sleep(seconds)
    return 100 * (cpu_seconds(broker.pid) - cpu) / (time.monotonic() - since)


def commits(b):
    """Offset commits of members: broker CPU per commit; one after the other, and of 16 groups with 5 in flight each."""
    ensure_groups(b)
    for name, groups, in_flight, n in (("one", 1, 1, 20_000), ("16groups", 16, 5, 100_000)):
        n = n // 20 if b.quick else n

        def load(broker):
            topic = topic_name("commits")
            wire.create_topic(broker.address, topic, 12)
            client, m = measured(
                broker.pid, b.client("CommitLoad", broker.address, topic, 12, groups, in_flight, n, 0).run)
            wire.delete_topic(broker.address, topic)
            return client.values("COMMITS"), m

        for broker in b.brokers:
            load(broker)
        for broker in b.rounds():
            got, m = load(broker)
            b.record.add(broker.name, f"commits.{name}.cpu_us_per_commit", m.cpu / n * 1e6, "cpu-us")
            b.record.add(broker.name, f"commits.{name}.commits_s", n / got["seconds"], "1/s")
            b.record.add(broker.name, f"commits.{name}.ack_p50_us", got["ack_p50"], "us")
            b.record.add(broker.name, f"commits.{name}.ack_p99_us", got["ack_p99"], "us")


def heartbeats(b):
    """10,000 members in 500 groups, a connection each, that only send heartbeats: the broker's CPU, above what it takes
    when idle; KIP-848 members every 5 s, classic ones every 3 s."""
    ensure_groups(b)
    groups, members = (10, 200) if b.quick else (500, 10_000)
    seconds = 10 if b.quick else 30
    for protocol in ("consumer", "classic"):
        for broker in b.rounds():
            topic = topic_name("heartbeats")
            wire.create_topic(broker.address, topic, 20)
            wait_quiet()
            idle = cpu_pct(broker, 10)
            client = b.client("GroupHeartbeats", broker.address, topic, 20, protocol, groups, members).start()
            try:
                client.await_line("READY")
                name = f"heartbeats.{protocol}"
                busy = cpu_pct(broker, seconds)
            finally:
                client.stop()
            b.record.add(broker.name, f"{name}.cpu_pct", busy, "%")
            b.record.add(broker.name, f"{name}.cpu_pct_above_idle", max(0.0, busy - idle), "%")
            b.record.add(broker.name, f"{name}.rss_mib", rss_mb(broker.pid), "MiB")
            # The members are gone without a word: their sessions end before the next come.
            time.sleep(0 if b.quick else 50)
            wire.delete_topic(broker.address, topic)


def newmember(b):
    """One more member in a KIP-848 group of 100 on 1,000 partitions: until it owns its part, and what the others notice."""
    ensure_groups(b)
    members, partitions, times = (10, 100, 1) if b.quick else (100, 1000, 3)
    for broker in b.rounds():
        topic = topic_name("members")
        wire.create_topic(broker.address, topic, partitions)
        client, m = measured(
            broker.pid, b.client("NewMember", broker.address, topic, partitions, members, times).run, attempts=1)
        for got in client.all_values("JOINED"):
            b.record.add(broker.name, "newmember.owned_s", got["owned_s"], "s")
            b.record.add(broker.name, "newmember.partition_unowned_s", got["gap_s"], "s")
            b.record.add(broker.name, "newmember.partitions_moved", got["moved"], "")
            b.record.add(broker.name, "newmember.others_stopped_s", got["others_idle_s"], "s")
        b.record.add(broker.name, "newmember.cpu_s", m.cpu, "cpu-s")
        wire.delete_topic(broker.address, topic)


def form(b):
    """A classic group of 50 members that start together: until all have their part (group.initial.rebalance.delay.ms
    as both brokers have it by default)."""
    ensure_groups(b)
    members, times = (10, 1) if b.quick else (50, 3)
    for broker in b.rounds():
        topic = topic_name("form")
        wire.create_topic(broker.address, topic, 100)
        client, m = measured(
            broker.pid, b.client("FormGroup", broker.address, topic, 100, members, times).run, attempts=1)
        for got in client.all_values("FORMED"):
            b.record.add(broker.name, "form.50members_s", got["seconds"], "s")
        b.record.add(broker.name, "form.cpu_ms_per_group", m.cpu / times * 1e3, "cpu-ms")
        wire.delete_topic(broker.address, topic)


def load(b):
    """A partition of __consumer_offsets with 1,000,000 offsets: from Metadata after a restart until OffsetFetch answers."""
    b.stop_all()
    partitions, groups = (100, 100) if b.quick else (100, 10_000)
    for broker in b.brokers:
        broker.reset()
        broker.start()
        wire.wait_coordinators(broker.address)
        wire.create_topic(broker.address, "filled", partitions)
        got = b.client("FillShard", broker.address, "filled", partitions, groups).run().values("FILLED")
        if got["records"] != partitions * groups:
            raise RuntimeError("not all offsets were committed")
        broker.stop()
    for broker in b.rounds():
        wait_quiet()
        since = time.monotonic()
        _, answering = broker.start()
        loaded = wire.wait_offset(broker.address, "fill-0", "filled", since)
        b.record.add(broker.name, "load.1m_offsets.load_s", loaded - answering, "s")
        b.record.add(broker.name, "load.1m_offsets.start_and_load_s", loaded, "s")
        b.record.add(broker.name, "load.1m_offsets.start_and_load.cpu_s", cpu_seconds(broker.pid), "cpu-s")
        b.record.add(broker.name, "load.1m_offsets.rss_mib", rss_mb(broker.pid), "MiB")
        broker.stop()


# An hour in 150 seconds: what is counted in bytes or milliseconds by default is divided by this.
SHORTENED = 24


def segments(b):
    """An hour of 1,000 commits a second in 150 s, sizes and times shortened alike: most segments that a partition of
    __consumer_offsets ever has."""
    b.stop_all()
    rate, seconds = 1000, 10 if b.quick else 150
    settings = {"offsets.topic.segment.bytes": 104_857_600 // SHORTENED, "log.cleaner.backoff.ms": 15_000 // SHORTENED,
                "log.segment.delete.delay.ms": 60_000 // SHORTENED}
    for broker in b.rounds():
        broker.reset()
        broker.start(settings)
        wire.wait_coordinators(broker.address)
        wire.create_topic(broker.address, "committed", 12)
        cpu = cpu_seconds(broker.pid)
        client = b.client("CommitLoad", broker.address, "committed", 12, 1, 50, rate * seconds, rate).start()
        most, seen = 0, set()
        while client.reader.is_alive():
            logs = [f for f in broker.files_of("__consumer_offsets") if f.endswith(".log")]
            folders = [os.path.dirname(f) for f in logs]
            most = max([most, *(folders.count(f) for f in folders)])
            seen.update(logs)
            time.sleep(0.25)
        got = client.wait().values("COMMITS")
        b.record.add(broker.name, "segments.most", most, "")
        b.record.add(broker.name, "segments.rolled", len(seen) - len({os.path.dirname(f) for f in seen}), "")
        b.record.add(broker.name, "segments.commits_s", got["commits"] / got["seconds"], "1/s")
        b.record.add(broker.name, "segments.cpu_us_per_commit",
                     (cpu_seconds(broker.pid) - cpu) / got["commits"] * 1e6, "cpu-us")
        broker.stop()
        broker.end()


def groupconsume(b):
    """As consume and fanout, with groups of both protocols: ConsumerPerformance, and four groups at the end."""
    b.ensure_running()
    for protocol in ("classic", "consumer"):
        group_consume(b, protocol)
        group_fanout(b, protocol)


def group_consume(b, protocol):
    for size, n in ((1000, 1_500_000), (100, 6_000_000)):
        n = n // 20 if b.quick else n
        topics = {broker: topic_name("consume") for broker in b.brokers}

        def reader(broker):
            return b.client("org.apache.kafka.tools.ConsumerPerformance", "--bootstrap-server", broker.address,
                            "--topic", topics[broker], "--num-records", n, "--group", topic_name("group"),
                            "--hide-header", "--command-property", f"group.protocol={protocol}")

        for broker in b.brokers:
            wire.create_topic(broker.address, topics[broker])
            b.producer(broker, topics[broker], n, size).run()
            reader(broker).run()
        for broker in b.rounds():
            client, m = measured(broker.pid, reader(broker).run)
            got = consumer_summary(client)
            if got["records"] < n:
                raise RuntimeError(f"only {got['records']:.0f} of {n} records")
            name = f"groupconsume.{protocol}.{size}B"
            b.record.add(broker.name, f"{name}.mb_s", got["mib_s"] * 2**20 / 1e6, "MB/s")
            b.record.add(broker.name, f"{name}.cpu_s_per_gb", m.cpu / (n * size / 1e9), "cpu-s/GB")
        for broker in b.brokers:
            wire.delete_topic(broker.address, topics[broker])


def consumer_summary(client):
    """-> records, and MiB in a second without the time that joining took"""
    for line in reversed(client.lines):
        fields = line.split(", ")
        if len(fields) == 10:
            return {"records": float(fields[4]), "mib_s": float(fields[8])}
    raise RuntimeError("no summary from ConsumerPerformance:\n" + "\n".join(client.lines[-10:]))


def group_fanout(b, protocol):
    rate, size, readers, seconds = 20_000, 1000, 4, 3 if b.quick else 20
    for broker in b.rounds():
        topic = topic_name("fanout")
        wire.create_topic(broker.address, topic)
        n = rate * seconds

        def run():
            consumer = b.client("BulkConsume", broker.address, topic, readers, n, "latest", protocol).start()
            consumer.await_line("READY")
            producer = b.producer(broker, topic, n, size, throughput=rate).run()
            return producer, consumer.wait()

        (producer, consumer), m = measured(broker.pid, run, attempts=2)
        name = f"groupconsume.{protocol}.fanout"
        b.record.add(broker.name, f"{name}.produced_mb_s", producer_summary(producer) * size / 1e6, "MB/s")
        b.record.add(broker.name, f"{name}.cpu_s_per_gb_in", m.cpu / (n * size / 1e9), "cpu-s/GB")
        if consumer.values("CONSUME")["records"] != n * readers:
            raise RuntimeError("not all records reached all readers")
        wire.delete_topic(broker.address, topic)


ALL = {f.__name__: f for f in (commits, heartbeats, newmember, form, load, segments, groupconsume)}
