// Commits and aborts transactions with kafkajs, in turn. usage: node transactions.js BOOTSTRAP TOPIC COUNT GROUP
// Each transaction writes one record to each of the topic's partitions 0 and 1, and, if it commits, the group's offset.
"use strict";
const { Kafka, logLevel } = require("kafkajs");

const [bootstrap, topic, count, groupId] = process.argv.slice(2);

async function main() {
  const kafka = new Kafka({ clientId: "peer", brokers: [bootstrap], logLevel: logLevel.ERROR });
  const producer = kafka.producer({ transactionalId: `of-${topic}`, maxInFlightRequests: 1, idempotent: true });
  await producer.connect();
  for (let i = 0; i < Number(count); i++) {
    const transaction = await producer.transaction();
    const commits = i % 2 === 1;
    const value = `${commits ? "committed" : "aborted"} ${i}`;
    await transaction.send({ topic, messages: [{ partition: 0, value }, { partition: 1, value }] });
    await transaction.sendOffsets({
      consumerGroupId: groupId,
      topics: [{ topic, partitions: [{ partition: 0, offset: String(i + 1) }] }],
    });
    await (commits ? transaction.commit() : transaction.abort());
  }
  await producer.disconnect();
}

main().catch((e) => {
  console.error(e);
  process.exit(1);
});
