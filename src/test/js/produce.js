// Produces COUNT records with kafkajs. usage: node produce.js BOOTSTRAP TOPIC CODEC COUNT [idempotent]
// Prints what the broker acknowledged: one line for each send, "partition baseOffset".
"use strict";
const { Kafka, CompressionTypes, logLevel } = require("kafkajs");

const [bootstrap, topic, codec, count, mode] = process.argv.slice(2);
const codecs = { none: CompressionTypes.None, gzip: CompressionTypes.GZIP };

async function main() {
  const kafka = new Kafka({ clientId: "peer", brokers: [bootstrap], logLevel: logLevel.ERROR });
  const idempotent = mode === "idempotent";
  const producer = kafka.producer({ idempotent, maxInFlightRequests: idempotent ? 1 : null });
  await producer.connect();
  const perSend = 100;
  for (let from = 0; from < Number(count); from += perSend) {
    const messages = [];
    for (let i = from; i < Math.min(from + perSend, Number(count)); i++) {
      messages.push({
        partition: 0,
        key: `key-${i}`,
        value: `kafkajs ${i}`,
        timestamp: String(1000 + i),
        headers: { peer: "kafkajs" },
      });
    }
    const acks = await producer.send({ topic, messages, acks: -1, compression: codecs[codec] });
    acks.forEach((ack) => console.log(`${ack.partition} ${ack.baseOffset}`));
  }
  await producer.disconnect();

  const admin = kafka.admin();
  await admin.connect();
  const offsets = await admin.fetchTopicOffsets(topic);
  console.log(`end ${offsets.find((o) => o.partition === 0).high}`);
  await admin.disconnect();
}

main().catch((e) => {
  console.error(e);
  process.exit(1);
});
