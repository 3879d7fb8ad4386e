"""What is measured of three nodes that have every partition three times."""
import os
import shutil
import signal
import threading
import time

import wire
from cluster import await_all, await_leaders, three_of
from items import producer_summary, topic_name
from measure import cpu_seconds, machine_cpu, note, wait_quiet

SIZE = 1000


class Three:
    """Three nodes of one kind, as one broker to its clients."""

    def __init__(self, broker):
        self.name, self.nodes = broker.name, three_of(broker)
        self.address = ",".join(node.address for node in self.nodes)
        self.directory = broker.directory + "-cluster"

    def start(self):
        for node in self.nodes:
            node.reset()
        since = time.monotonic()
        for node in self.nodes:
            node.begin(node.settings)
        await_all(self.nodes, since)

    def end(self):
        for node in self.nodes:
            node.end()
        shutil.rmtree(self.directory, ignore_errors=True)

    def create(self, prefix, partitions):
        """-> name of a topic whose partitions are all there three times"""
        topic = topic_name(prefix)
        since = time.monotonic()
        with wire.Wire(self.nodes[0].address, 120) as w:
            error, message = w.create_topic(topic, partitions, {"min.insync.replicas": "2"}, replicas=3)
        if error:
            raise RuntimeError(f"topic {topic}: error {error} {message}")
        await_leaders(self.nodes, topic, partitions, since)
        return topic

    def delete(self, topic):
        wire.delete_topic(self.nodes[0].address, topic)

    def cpu(self):
        return sum(cpu_seconds(node.pid) for node in self.nodes if node.process)

    def leader_of(self, topic, partition=0):
        """-> the node"""
        for node in self.nodes:
            with wire.Wire(node.address) as w:
                if w.list_offsets(topic, [partition])[partition][0] == 0:
                    return node
        raise RuntimeError(f"{topic} has no leader")


def metered(three, run):
    """-> (result, CPU seconds of the three nodes)"""
    wait_quiet()
    before = three.cpu()
    result = run()
    return result, three.cpu() - before


def warm_up(b, three):
    topic = three.create("warm-up", 12)
    b.producer(three, topic, 20_000 if b.quick else 1_500_000, SIZE).run()
    b.client("OneAtATime", three.address, topic, 200 if b.quick else 5000, 0, 100, "all", "ack").run()
    three.delete(topic)
    note(f"{three.name} is warm: {three.cpu():.1f} CPU-s so far")


def unavailable(b, three, topic, what, heal):
    """One record at a time, a new one every 5 ms at most, while something happens to the leader.
    -> the longest time between two acknowledgements, in seconds"""
    seconds = 6 if b.quick else 25
    probe = b.client("Gap", three.address, topic, seconds).start()
    probe.await_line("READY")
    time.sleep(1)
    leader = three.leader_of(topic)
    what(leader)
    try:
        return probe.wait().values("GAP")["longest_ms"] / 1000
    finally:
        heal(leader)


def again(three):
    def start(node):
        node.begin(node.settings)
        await_all(three.nodes, time.monotonic())
        time.sleep(5)
    return start


def kill(node):
    node.process.send_signal(signal.SIGKILL)
    node.process.wait()


def terminate(node):
    """Without waiting: the clients are the ones who do."""
    node.process.send_signal(signal.SIGTERM)
    threading.Thread(target=node.process.wait).start()


def replicated(b):
    """Three nodes, every partition three times, acks=all, min.insync.replicas 2: throughput and CPU of all nodes per GB;
    one record at a time; how long nothing is acknowledged when the leader is killed, paused, stopped in order, or when a
    follower is killed."""
    b.stop_all()
    n = 60_000 if b.quick else 1_500_000
    one = 300 if b.quick else 10_000
    threes = [Three(broker) for broker in b.brokers]
    try:
        for three in threes:
            three.start()
            warm_up(b, three)
        for run in range(b.runs):
            for three in threes if run % 2 == 0 else reversed(threes):
                for partitions in (12, 1):
                    topic = three.create("produce", partitions)
                    client, cpu = metered(three, b.producer(three, topic, n, SIZE).run)
                    name = f"replicated.{SIZE}B.{partitions}p"
                    b.record.add(three.name, f"{name}.records_s", producer_summary(client), "rec/s")
                    b.record.add(three.name, f"{name}.cpu_s_per_gb", cpu / (n * SIZE / 1e9), "cpu-s/GB")
                    three.delete(topic)
                topic = three.create("one", 1)
                client, cpu = metered(three, b.client(
                    "OneAtATime", three.address, topic, one, one // 5, 100, "all", "ack").run)
                got = client.values("ONE")
                b.record.add(three.name, "replicated.one.ack_p50_us", got["ack_p50"], "us")
                b.record.add(three.name, "replicated.one.ack_p99_us", got["ack_p99"], "us")
                b.record.add(three.name, "replicated.one.cpu_us_per_message", cpu / (one * 1.2) * 1e6, "cpu-us")
                three.delete(topic)
        for three in threes:
            topic = three.create("gap", 1)
            for name, what, heal in (
                    ("kill", kill, again(three)), ("stop", terminate, again(three)),
                    ("pause", lambda node: node.process.send_signal(signal.SIGSTOP),
                     lambda node: (node.process.send_signal(signal.SIGCONT), time.sleep(5)))):
                b.record.add(three.name, f"replicated.unavailable.{name}_s", unavailable(b, three, topic, what, heal), "s")
    finally:
        for three in threes:
            three.end()


def copied(files, to):
    """-> seconds that the machine takes to write their bytes to one file, and to its disk"""
    since = time.monotonic()
    with open(to, "wb") as target:
        for path in files:
            with open(path, "rb") as source:
                while os.sendfile(target.fileno(), source.fileno(), None, 1 << 20):
                    pass
        os.fdatasync(target.fileno())
    seconds = time.monotonic() - since
    os.remove(to)
    return seconds


def wipe(node):
    """Kills it and leaves an empty disk."""
    kill(node)
    node.reset()


def await_in_sync(three, topic, node, timeout=300, wanted=True):
    """Until the node is in the ISR of the topic's partition 0, or is not."""
    since = time.monotonic()
    while time.monotonic() - since < timeout:
        with wire.Wire(next(other for other in three.nodes if other is not node).address) as w:
            if (node.node in w.metadata([topic])[1][topic][1][0][2]) == wanted:
                return
        time.sleep(0.02)
    raise TimeoutError(f"{topic} is {'not' if wanted else 'still'} in sync")


def await_bytes(node, topic, timeout=60):
    """Until the node has the first bytes of the topic."""
    since = time.monotonic()
    while time.monotonic() - since < timeout:
        try:
            if any(path.endswith(".log") and os.path.getsize(path) for path in node.files_of(topic)):
                return
        except FileNotFoundError:  # its disk is empty at first
            pass
        time.sleep(0.005)
    raise TimeoutError(f"nothing of {topic} arrives")


def catchup(b):
    """A follower that comes back with an empty disk, after it has left the ISR: from its start until it is in sync with all
    of one partition, and how fast it copies from the first byte on (a broker may begin with that long before it answers).
    The floor: the same bytes copied to another file, and to the disk."""
    b.stop_all()
    n = 60_000 if b.quick else 3_000_000
    for broker in b.rounds():
        three = Three(broker)
        try:
            three.start()
            topic = three.create("catchup", 1)
            b.producer(three, topic, n, SIZE, acks="all").run()
            leader = three.leader_of(topic)
            follower = next(node for node in three.nodes if node is not leader)
            segments = [path for path in leader.files_of(topic) if path.endswith(".log")]
            size_mb = sum(os.path.getsize(path) for path in segments) / 1e6
            wait_quiet()
            b.record.add("floor", "catchup.mb_s", size_mb / copied(segments, os.path.join(three.directory, "copy")), "MB/s")
            wipe(follower)
            await_in_sync(three, topic, follower, wanted=False)
            begun = time.monotonic()
            follower.begin(follower.settings)
            await_bytes(follower, topic)
            since, before = time.monotonic(), three.cpu()
            await_in_sync(three, topic, follower)
            end = time.monotonic()
            b.record.add(broker.name, "catchup.mb_s", size_mb / (end - since), "MB/s")
            b.record.add(broker.name, "catchup.from_start_s", end - begun, "s")
            b.record.add(broker.name, "catchup.cpu_s_per_gb", (three.cpu() - before) / size_mb * 1000, "cpu-s/GB")
        finally:
            three.end()


def await_full_isr(three, topics, through, timeout=300):
    """Until every replica of the topics is in sync."""
    since = time.monotonic()
    with wire.Wire(through.address, 60) as w:
        while time.monotonic() - since < timeout:
            described = w.metadata(topics)[1]
            if all(len(partition[2]) == 3 for topic in topics for partition in described[topic][1].values()):
                return
            time.sleep(0.05)
    raise TimeoutError("not all replicas are in sync")


def idle(b):
    """Three nodes with many partitions that nobody uses; then one of them is killed and started again, until all of its
    replicas are in sync, from its start."""
    b.stop_all()
    each, waits = (20, [10]) if b.quick else (1_000, [90, 180])
    for broker in b.rounds():
        three = Three(broker)
        try:
            three.start()
            topics = [three.create("idle", each) for _ in range(3)]
            await_full_isr(three, topics, three.nodes[0])
            made = time.monotonic()
            for wait in waits:
                time.sleep(max(0, made + wait - time.monotonic()))
                before, since = three.cpu(), time.monotonic()
                time.sleep(10 if b.quick else 60)
                percent = 100 * (three.cpu() - before) / (time.monotonic() - since)
                b.record.add(broker.name, f"idle.cpu_percent.after_{wait}s", percent, "%")
            killed = three.nodes[1]
            kill(killed)
            # Long enough that it is out of every ISR.
            time.sleep(15)
            since = time.monotonic()
            killed.begin(killed.settings)
            await_full_isr(three, topics, three.nodes[0])
            b.record.add(broker.name, "idle.full_isr_s", time.monotonic() - since, "s")
        finally:
            three.end()


ALL = {"replicated": replicated, "catchup": catchup, "idle": idle}
