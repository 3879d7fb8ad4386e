"""What is measured of transactions."""
import wire
from cluster import controller_of
from items import topic_name
from measure import measured
from replicated import Three, metered

PARTITIONS, RECORDS, SIZE, BULK_SIZE, COMMIT_MS = 3, 10, 100, 1000, 100


def small(b, target, topic, n, warm):
    return b.client("TransactionLoad", target.address, topic, PARTITIONS, SIZE, "small", n, warm, RECORDS)


def bulk(b, target, topic, n, commit_ms):
    return b.client("TransactionLoad", target.address, topic, PARTITIONS, BULK_SIZE, "bulk", n, commit_ms)


def add_small(b, name, nodes, client, cpu, transactions):
    got = client.values("SMALL")
    b.record.add(name, f"transactions.{nodes}.tps", got["tps"], "1/s")
    b.record.add(name, f"transactions.{nodes}.commit_p50_us", got["commit_p50"], "us")
    b.record.add(name, f"transactions.{nodes}.commit_p99_us", got["commit_p99"], "us")
    b.record.add(name, f"transactions.{nodes}.cpu_us_per_transaction", cpu / transactions * 1e6, "cpu-us")


def add_bulk(b, name, run):
    """run: commit interval, 0 for none -> the client that has ended"""
    plain = run(0).values("BULK")["records_s"]
    transactional = run(COMMIT_MS).values("BULK")["records_s"]
    b.record.add(name, "transactions.bulk.plain_records_s", plain, "rec/s")
    b.record.add(name, "transactions.bulk.records_s", transactional, "rec/s")
    b.record.add(name, "transactions.bulk.to_plain", transactional / plain, "x")


def one_node(b, n, warm, many):
    b.ensure_running()
    for broker in b.rounds():
        topic = topic_name("transactions")
        wire.create_topic(broker.address, topic, PARTITIONS)
        client, m = measured(broker.pid, small(b, broker, topic, n, warm).run, attempts=1)
        add_small(b, broker.name, "1node", client, m.cpu, n + warm)
        add_bulk(b, broker.name, lambda commit_ms: bulk(b, broker, topic, many, commit_ms).run())
        wire.delete_topic(broker.address, topic)


def three_nodes(b, n, warm):
    b.stop_all()
    threes = [Three(broker) for broker in b.brokers]
    try:
        for three in threes:
            for node in three.nodes:
                node.settings.update({"transaction.state.log.replication.factor": "3",
                                      "transaction.state.log.min.isr": "2"})
            three.start()
        for run in range(b.runs):
            for three in threes if run % 2 == 0 else reversed(threes):
                topic = three.create("transactions", PARTITIONS)
                client, cpu = metered(three, small(b, three, topic, n, warm).run)
                add_small(b, three.name, "3nodes", client, cpu, n + warm)
                three.delete(topic)
    finally:
        for three in threes:
            three.end()


def recovery(b, n):
    """The node that coordinates all of them is not the controller, whose own failover is measured elsewhere."""
    for broker in b.rounds():
        three = Three(broker)
        for node in three.nodes:
            node.settings.update({"transaction.state.log.num.partitions": "1", "transaction.state.log.min.isr": "1"})
        try:
            three.start()
            other = controller_of(three.nodes)
            coordinator, data = (node for node in three.nodes if node is not other)
            client = b.client("PreparedTransactions", *(f"{node.node}@{node.address}@{node.pid}" for node in (
                coordinator, other, data)), topic_name("prepared"), n).run()
            b.record.add(broker.name, "transactions.recovery_s", client.values("RESOLVED")["seconds"], "s")
        finally:
            three.end()


def transactions(b):
    """Transactions of 10 records of 100 B in 3 partitions by one producer, on one node and on three with every partition
    three times: rate, time of a commit, CPU of all nodes for each (the client's start and warm-up included); on one node
    also 1 KB records with a commit every 100 ms beside the same without transactions. And how long, from kill -9 of their
    coordinator on, transactions take to end that it has decided and not yet carried out."""
    n, warm, many = (200, 50, 50_000) if b.quick else (5_000, 2_000, 1_000_000)
    one_node(b, n, warm, many)
    # Some brokers end few transactions in a second here.
    three_nodes(b, n // 5, warm // 5)
    recovery(b, 50 if b.quick else 1000)


ALL = {"transactions": transactions}
