"""Commits and aborts transactions with librdkafka, in turn. usage: transactions.py BOOTSTRAP TOPIC COUNT GROUP

Each transaction writes one record to each of the topic's partitions 0 and 1, and, if it commits, the group's offset."""
import sys

from confluent_kafka import Consumer, Producer, TopicPartition

bootstrap, topic, count, group = sys.argv[1:]
producer = Producer({"bootstrap.servers": bootstrap, "transactional.id": "of-" + topic, "linger.ms": 1})
consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": group, "enable.auto.commit": False})
producer.init_transactions(30)
for i in range(int(count)):
    producer.begin_transaction()
    commits = i % 2 == 1
    value = f"{'committed' if commits else 'aborted'} {i}"
    for partition in (0, 1):
        producer.produce(topic, value, partition=partition)
    producer.send_offsets_to_transaction(
        [TopicPartition(topic, 0, i + 1)], consumer.consumer_group_metadata(), 30)
    if commits:
        producer.commit_transaction(30)
    else:
        producer.flush(30)
        producer.abort_transaction(30)
consumer.close()
