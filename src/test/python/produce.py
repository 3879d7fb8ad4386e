"""Produces the numbers FROM..TO-1 in turn to PARTITIONS partitions. usage: produce.py BOOTSTRAP TOPIC PARTITIONS FROM TO

Prints "PARTITION OFFSET" of the last acknowledgement.
"""
import sys

from kafka import KafkaProducer

bootstrap, topic, partitions, first, end = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=5, compression_type="gzip")
acks = [
    producer.send(topic, value=str(number).encode(), partition=number % partitions)
    for number in range(first, end)
]
last = [ack.get(timeout=30) for ack in acks][-1]
print(last.partition, last.offset)
producer.close()
