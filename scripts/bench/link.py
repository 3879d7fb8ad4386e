"""What is measured of three nodes with slow links between them: each in a network namespace of its own."""
import contextlib
import os
import subprocess
import sys

from brokers import HERE, Kafka
from items import producer_summary
from measure import wait_quiet
from replicated import SIZE, Three

DELAY_MS = 5
CLIENTS, INTERNAL, CONTROLLER, CLUSTER = 9092, 9093, 9094, 5701


def ip(*args):
    subprocess.run(["ip", *args], check=True)


class Network:
    """Three namespaces. Clients reach them as fast as ever, they each other only over the slow link."""

    def __init__(self):
        self.names = [f"bench{os.getpid()}-{i}" for i in (1, 2, 3)]

    def __enter__(self):
        with contextlib.ExitStack() as undo:
            for i, name in enumerate(self.names, 1):
                ip("netns", "add", name)
                undo.callback(ip, "netns", "del", name)
                near, far = f"bch{os.getpid() % 100_000}-{i}", "clients"
                ip("link", "add", near, "type", "veth", "peer", "name", far, "netns", name)
                ip("addr", "add", f"10.78.{i}.1/24", "dev", near)
                ip("link", "set", near, "up")
                ip("-n", name, "addr", "add", f"{self.for_clients(i)}/24", "dev", far)
                for device in (far, "lo"):
                    ip("-n", name, "link", "set", device, "up")
            switch = subprocess.Popen([sys.executable, os.path.join(HERE, "delay.py"), str(DELAY_MS), *self.names],
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            undo.callback(switch.wait)
            undo.callback(switch.stdin.close)
            if switch.stdout.readline().strip() != "READY":
                raise RuntimeError("the slow links need root, and /dev/net/tun")
            for i, name in enumerate(self.names, 1):
                ip("-n", name, "addr", "add", f"{self.for_nodes(i)}/24", "dev", "peers")
                ip("-n", name, "link", "set", "peers", "mtu", "65000", "up")
            self.undo = undo.pop_all()
        return self

    def __exit__(self, *_):
        self.undo.close()

    def for_clients(self, node):
        return f"10.78.{node}.2"

    def for_nodes(self, node):
        return f"10.77.0.{node}"


class Linked(Three):
    """Three nodes, each in its namespace."""

    def __init__(self, broker, network):
        super().__init__(broker)
        for node, namespace in zip(self.nodes, network.names):
            own = network.for_nodes(node.node)
            node.address = f"{network.for_clients(node.node)}:{CLIENTS}"
            node.settings = (self._kafka if isinstance(broker, Kafka) else self._millrace)(node, own, network)
            usual = node.command
            node.command = lambda settings, usual=usual, namespace=namespace: [
                "ip", "netns", "exec", namespace, *usual(settings)]
        self.address = ",".join(node.address for node in self.nodes)

    @staticmethod
    def _millrace(node, own, network):
        return {**node.settings, "cluster.host": own, "cluster.port": str(CLUSTER), "internal.port": str(INTERNAL),
                "cluster.seeds": ",".join(f"{network.for_nodes(i)}:{CLUSTER}" for i in (1, 2, 3))}

    @staticmethod
    def _kafka(node, own, network):
        node.voters = ",".join(f"{i}@{network.for_nodes(i)}:{CONTROLLER}" for i in (1, 2, 3))
        clients, nodes = f"PLAINTEXT://{node.address}", f"NODES://{own}:{INTERNAL}"
        return {"listeners": f"{clients},{nodes},CONTROLLER://{own}:{CONTROLLER}",
                "advertised.listeners": f"{clients},{nodes}", "inter.broker.listener.name": "NODES",
                "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,NODES:PLAINTEXT"}


def link(b):
    """Three nodes, 5 ms from each other in each direction: one producer, acks=all, five requests in flight, one partition
    three times. Needs root."""
    b.stop_all()
    n = 2_000 if b.quick else 20_000
    with Network() as network:
        for broker in b.rounds():
            three = Linked(broker, network)
            try:
                three.start()
                topic = three.create("link", 1)
                producer = lambda records: b.producer(
                    three, topic, records, SIZE, acks="all", max_in_flight_requests_per_connection=5)
                producer(n // 4).run()
                wait_quiet()
                b.record.add(broker.name, f"link.{DELAY_MS}ms.records_s", producer_summary(producer(n).run()), "rec/s")
            finally:
                three.end()


ALL = {"link": link}
