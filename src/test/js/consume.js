// A member of a group until SIGTERM. usage: node consume.js BOOTSTRAP GROUP TOPIC NAME
// Prints "record PARTITION OFFSET VALUE;" for each record and "assigned GENERATION PARTITION,…;" for each assignment.
"use strict";
const { Kafka, AssignerProtocol, logLevel } = require("kafkajs");

const [bootstrap, groupId, topic, clientId] = process.argv.slice(2);

// kafkajs brings an assignor that no other client has; this one goes by the name that all have.
const range = ({ cluster }) => ({
  name: "range",
  version: 0,
  async assign({ members, topics }) {
    const sorted = members.map((m) => m.memberId).sort();
    const assigned = Object.fromEntries(sorted.map((id) => [id, {}]));
    for (const t of topics) {
      const partitions = cluster.findTopicPartitionMetadata(t).map((m) => m.partitionId);
      partitions.sort((a, b) => a - b);
      const each = Math.ceil(partitions.length / sorted.length);
      sorted.forEach((id, i) => {
        assigned[id][t] = partitions.slice(i * each, (i + 1) * each);
      });
    }
    return sorted.map((memberId) => ({
      memberId,
      memberAssignment: AssignerProtocol.MemberAssignment.encode({
        version: 0,
        assignment: assigned[memberId],
        userData: Buffer.alloc(0),
      }),
    }));
  },
  protocol({ topics }) {
    return {
      name: "range",
      metadata: AssignerProtocol.MemberMetadata.encode({ version: 0, topics, userData: Buffer.alloc(0) }),
    };
  },
});

async function main() {
  const kafka = new Kafka({ clientId, brokers: [bootstrap], logLevel: logLevel.ERROR });
  const consumer = kafka.consumer({
    groupId,
    partitionAssigners: [range],
    sessionTimeout: 3000,
    heartbeatInterval: 200,
    maxWaitTimeInMs: 100,
  });
  // Only heartbeats tell the generation.
  let assigned = null;
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    assigned = payload.memberAssignment[topic] || [];
    console.log(`assigned -1 ${assigned.join(",")};`);
  });
  consumer.on(consumer.events.HEARTBEAT, ({ payload }) => {
    if (assigned !== null) {
      console.log(`assigned ${payload.groupGenerationId} ${assigned.join(",")};`);
      assigned = null;
    }
  });
  const leave = async () => {
    await consumer.disconnect();
    process.exit(0);
  };
  process.on("SIGTERM", leave);
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({
    autoCommitInterval: 100,
    eachMessage: async ({ partition, message }) => {
      console.log(`record ${partition} ${message.offset} ${message.value.toString()};`);
    },
  });
}

main().catch((e) => {
  console.error(e);
  process.exit(1);
});
