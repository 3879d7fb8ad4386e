"""A member of a group until SIGTERM. usage: consume.py BOOTSTRAP GROUP TOPIC NAME

Prints "record PARTITION OFFSET VALUE;" for each record and "assigned GENERATION PARTITION,…;" for each assignment.
"""
import signal
import sys

from kafka import ConsumerRebalanceListener, KafkaConsumer
from kafka.coordinator.assignors.range import RangePartitionAssignor

bootstrap, group, topic, name = sys.argv[1:]
ended = False


def end(signum, frame):
    global ended
    ended = True


class Telling(ConsumerRebalanceListener):
    def on_partitions_revoked(self, revoked):
        print("revoked %s;" % partitions(revoked), flush=True)

    def on_partitions_assigned(self, assigned):
        # The library does not tell the generation.
        print("assigned -1 %s;" % partitions(assigned), flush=True)


def partitions(of):
    return ",".join(str(p.partition) for p in sorted(of))


signal.signal(signal.SIGTERM, end)
consumer = KafkaConsumer(
    bootstrap_servers=bootstrap,
    group_id=group,
    client_id=name,
    auto_offset_reset="earliest",
    enable_auto_commit=False,
    session_timeout_ms=3000,
    heartbeat_interval_ms=200,
    fetch_max_wait_ms=100,
    partition_assignment_strategy=[RangePartitionAssignor],
)
consumer.subscribe([topic], listener=Telling())
while not ended:
    for partition, records in consumer.poll(timeout_ms=200).items():
        for record in records:
            print("record %d %d %s;" % (record.partition, record.offset, record.value.decode()), flush=True)
        consumer.commit()
consumer.close(autocommit=False)
