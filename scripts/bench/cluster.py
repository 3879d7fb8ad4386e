"""What is measured of three nodes that are a cluster."""
import json
import os
import shutil
import signal
import subprocess
import time

import wire
from brokers import ROOT, Kafka, Millrace, free_port
from measure import cpu_seconds, wait_quiet


def three_of(broker):
    """-> nodes that make one cluster, not started, beside a broker of the same kind"""
    places = [os.path.join(broker.directory + "-cluster", str(node)) for node in (1, 2, 3)]
    if isinstance(broker, Kafka):
        nodes = [Kafka(place, broker.libs) for place in places]
        voters = ",".join(f"{i}@127.0.0.1:{node.controller}" for i, node in enumerate(nodes, 1))
        for i, node in enumerate(nodes, 1):
            node.node, node.voters, node.settings = i, voters, {}
        return nodes
    nodes = [Millrace(place) for place in places]
    ports = [free_port() for _ in nodes]
    for i, node in enumerate(nodes, 1):
        node.node = i
        node.settings = {
            "node.id": str(i), "cluster.host": "127.0.0.1", "cluster.port": str(ports[i - 1]),
            "internal.port": str(free_port()), "cluster.seeds": ",".join(f"127.0.0.1:{port}" for port in ports)}
    return nodes


def await_all(nodes, since, timeout=120):
    """Until each node names all three. -> seconds"""
    for node in nodes:
        while True:
            wire.wait_answering(node.address, since, node.process, timeout)
            with wire.Wire(node.address) as w:
                if len(w.metadata()[0]) == len(nodes):
                    break
            if time.monotonic() - since > timeout:
                raise TimeoutError(f"{node.name}: the nodes do not find each other")
            time.sleep(0.01)
    return time.monotonic() - since


def await_leaders(nodes, topic, partitions, since, timeout=300):
    """Until each partition answers ListOffsets on one of the nodes, its leader. -> seconds"""
    missing = set(range(partitions))
    connections = [wire.Wire(node.address) for node in nodes]
    try:
        while missing and time.monotonic() - since < timeout:
            for connection in connections:
                if missing:
                    found = connection.list_offsets(topic, sorted(missing))
                    missing -= {p for p, (error, _) in found.items() if error == 0}
        if missing:
            raise TimeoutError(f"{len(missing)} partitions of {topic} have no leader that answers")
        return time.monotonic() - since
    finally:
        for connection in connections:
            connection.close()


def controller_of(nodes):
    """-> the node that leads the metadata quorum, as Millrace's command says, which asks any Kafka broker"""
    command = [os.path.join(ROOT, "scripts", "millrace"), "quorum", "status", "-b", nodes[0].address,
               "--output", "json"]
    status = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return next(node for node in nodes if node.node == status["leaderId"])


def fail_over(nodes, timeout=60):
    """Kills the controller. -> seconds until another node has created a topic"""
    controller = controller_of(nodes)
    others = [node for node in nodes if node is not controller]
    since = time.monotonic()
    controller.process.send_signal(signal.SIGKILL)
    controller.process.wait()
    while time.monotonic() - since < timeout:
        try:
            with wire.Wire(others[0].address, 5) as w:
                if w.create_topic(f"after-{time.monotonic_ns()}", 1, {})[0] == 0:
                    return time.monotonic() - since
        except (OSError, wire.struct.error):
            pass
        time.sleep(0.02)
    raise TimeoutError("no other controller")


def cluster(b):
    """Three nodes on this machine: a cold start of all until each names all three; their CPU together when idle; topics
    created one by one; a topic of many partitions until all answer; kill -9 of the controller until another one has
    created a topic."""
    b.stop_all()
    topics, partitions = (20, 60) if b.quick else (1000, 5000)
    for broker in b.rounds():
        name, nodes = broker.name, three_of(broker)
        try:
            for node in nodes:
                node.reset()
            wait_quiet()
            since = time.monotonic()
            for node in nodes:
                node.begin(node.settings)
            b.record.add(name, "cluster.start_s", await_all(nodes, since), "s")
            time.sleep(2 if b.quick else 120)
            cpu, since = sum(cpu_seconds(node.pid) for node in nodes), time.monotonic()
            time.sleep(2 if b.quick else 20)
            busy = sum(cpu_seconds(node.pid) for node in nodes) - cpu
            b.record.add(name, "cluster.idle_cpu_pct", 100 * busy / (time.monotonic() - since), "%")
            with wire.Wire(nodes[0].address) as w:
                since = time.monotonic()
                for i in range(topics):
                    error, message = w.create_topic(f"one-{i}", 1, {})
                    if error:
                        raise RuntimeError(f"topic {i}: error {error} {message}")
                b.record.add(name, "cluster.topics_s", topics / (time.monotonic() - since), "1/s")
                since = time.monotonic()
                error, message = w.create_topic("many", partitions, {})
                if error:
                    raise RuntimeError(f"{partitions} partitions: error {error} {message}")
            b.record.add(name, f"cluster.{partitions}partitions.available_s",
                         await_leaders(nodes, "many", partitions, since), "s")
            b.record.add(name, "cluster.failover_s", fail_over(nodes), "s")
        finally:
            for node in nodes:
                node.end()
            shutil.rmtree(broker.directory + "-cluster")


ALL = {"cluster": cluster}
