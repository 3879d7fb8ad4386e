package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.utils.Crc32C;
import org.assertj.core.api.Assumptions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Batches that no proper client sends: refused with Kafka's error, and nothing of them is kept. */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RefusedRecordsIT {
  // Offsets of the fields in a batch of record format v2.
  private static final int LENGTH = 8;
  private static final int MAGIC = 16;
  private static final int CRC = 17;
  private static final int ATTRIBUTES = 21;
  private static final int LAST_OFFSET_DELTA = 23;
  private static final int PRODUCER_ID = 43;
  private static final int PRODUCER_EPOCH = 51;
  private static final int BASE_SEQUENCE = 53;
  private static final int COUNT = 57;
  private static final int FIRST_RECORD = 61;

  private static final Errors[] CORRUPT = {Errors.CORRUPT_MESSAGE};
  private static final Errors[] INVALID = {Errors.INVALID_RECORD};

  /** For damage in a record itself Kafka has used both, depending on where it notices. */
  private static final Errors[] EITHER = {Errors.CORRUPT_MESSAGE, Errors.INVALID_RECORD};

  private BrokerProcess broker;
  private Clients clients;
  private WireClient wire;

  @BeforeAll
  void start(@TempDir Path dir) {
    broker = BrokerProcess.start(dir);
    clients = new Clients(broker);
    wire = WireClient.connect(broker.address());
  }

  @AfterAll
  void stop() {
    wire.close();
    clients.close();
    broker.close();
  }

  static Stream<Arguments> badBatches() {
    return Stream.of(
        bad("wrong checksum", CORRUPT, batch -> batch.putInt(CRC, batch.getInt(CRC) + 1)),
        bad("changed value", CORRUPT, batch -> batch.put(batch.limit() - 2, (byte) '!')),
        bad(
            "length beyond its end",
            EITHER,
            batch -> batch.putInt(LENGTH, batch.getInt(LENGTH) + 10)),
        bad("length too short", EITHER, batch -> batch.putInt(LENGTH, 10)),
        bad("negative length", EITHER, batch -> batch.putInt(LENGTH, -1)),
        bad("cut in the middle", EITHER, batch -> batch.slice(0, batch.limit() - 5)),
        bad("only half a header", EITHER, batch -> batch.slice(0, 30)),
        bad("count too high", INVALID, sealed(batch -> batch.putInt(COUNT, 4))),
        bad("count too low", INVALID, sealed(batch -> batch.putInt(COUNT, 2))),
        bad("count of zero", INVALID, sealed(batch -> batch.putInt(COUNT, 0))),
        bad("negative count", INVALID, sealed(batch -> batch.putInt(COUNT, -3))),
        bad("enormous count", INVALID, sealed(batch -> batch.putInt(COUNT, Integer.MAX_VALUE))),
        bad(
            "last offset delta too high",
            INVALID,
            sealed(batch -> batch.putInt(LAST_OFFSET_DELTA, 3))),
        bad(
            "last offset delta too low",
            INVALID,
            sealed(batch -> batch.putInt(LAST_OFFSET_DELTA, 1))),
        bad(
            "negative last offset delta",
            INVALID,
            sealed(batch -> batch.putInt(LAST_OFFSET_DELTA, -1))),
        bad("offset deltas not in a row", INVALID, sealed(RefusedRecordsIT::skipOffsetDelta)),
        bad(
            "record longer than the batch",
            EITHER,
            sealed(batch -> batch.put(FIRST_RECORD, (byte) 0x7e))),
        bad(
            "record of negative length",
            EITHER,
            sealed(batch -> batch.put(FIRST_RECORD, (byte) 0x01))),
        bad("control batch", INVALID, sealed(batch -> batch.putShort(ATTRIBUTES, (short) 0x20))),
        bad(
            "control batch of a transaction",
            new Errors[] {Errors.INVALID_RECORD, Errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED},
            batch ->
                MemoryRecords.withEndTransactionMarker(
                        7L, (short) 0, new EndTransactionMarker(ControlRecordType.COMMIT, 0))
                    .buffer()),
        bad(
            "unknown compression",
            new Errors[] {Errors.CORRUPT_MESSAGE, Errors.UNSUPPORTED_COMPRESSION_TYPE},
            sealed(batch -> batch.putShort(ATTRIBUTES, (short) 0x07))),
        bad("says gzip, is not", EITHER, sealed(batch -> batch.putShort(ATTRIBUTES, (short) 0x01))),
        bad(
            "says snappy, is not",
            EITHER,
            sealed(batch -> batch.putShort(ATTRIBUTES, (short) 0x02))),
        bad("says lz4, is not", EITHER, sealed(batch -> batch.putShort(ATTRIBUTES, (short) 0x03))),
        bad("says zstd, is not", EITHER, sealed(batch -> batch.putShort(ATTRIBUTES, (short) 0x04))),
        bad("magic of the future", EITHER, batch -> batch.put(MAGIC, (byte) 3)),
        bad("negative magic", EITHER, batch -> batch.put(MAGIC, (byte) -1)),
        bad(
            "message format 1",
            new Errors[] {
              Errors.CORRUPT_MESSAGE,
              Errors.INVALID_RECORD,
              Errors.UNSUPPORTED_FOR_MESSAGE_FORMAT,
              Errors.INVALID_REQUEST
            },
            batch -> batch.put(MAGIC, (byte) 1)),
        bad(
            "message format 0",
            new Errors[] {
              Errors.CORRUPT_MESSAGE,
              Errors.INVALID_RECORD,
              Errors.UNSUPPORTED_FOR_MESSAGE_FORMAT,
              Errors.INVALID_REQUEST
            },
            batch -> batch.put(MAGIC, (byte) 0)),
        bad(
            "producer id without a sequence",
            EITHER,
            sealed(
                batch ->
                    batch
                        .putLong(PRODUCER_ID, 5)
                        .putShort(PRODUCER_EPOCH, (short) 0)
                        .putInt(BASE_SEQUENCE, -1))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("badBatches")
  void shouldRefuse(String what, Errors[] allowed, UnaryOperator<ByteBuffer> damage)
      throws Exception {
    String topic = "refuses-" + Uuid.randomUuid().toString().replace('-', '_');
    clients.createTopic(topic, 1);

    PartitionProduceResponse answer = produce(topic, damage.apply(batch()));

    Errors error = Errors.forCode(answer.errorCode());
    if (!BrokerProcess.isMillrace()) {
      // Apache Kafka neither checks the deltas of uncompressed batches nor names broken
      // compression.
      Assumptions.assumeThat(error).isNotIn(Errors.NONE, Errors.UNKNOWN_SERVER_ERROR);
    }
    assertThat(error).isIn((Object[]) allowed);
    assertThat(answer.baseOffset()).isEqualTo(-1);
    assertThat(clients.endOffset(topic, 0)).isZero();
    assertThat(Errors.forCode(produce(topic, batch()).errorCode())).isEqualTo(Errors.NONE);
    assertThat(clients.consumeAll(topic)).hasSize(3);
  }

  @Test
  void shouldRefuseTwoBatchesForOnePartition() throws Exception {
    clients.createTopic("two-batches", 1);
    ByteBuffer one = batch();
    ByteBuffer two = ByteBuffer.allocate(one.remaining() * 2).put(one).put(batch()).flip();

    assertThat(Errors.forCode(produce("two-batches", two).errorCode()))
        .isEqualTo(Errors.INVALID_RECORD);

    assertThat(clients.endOffset("two-batches", 0)).isZero();
  }

  @Test
  void shouldRefuseOneOfTwoPartitionsOnly() throws Exception {
    clients.createTopic("half-good", 2);
    ByteBuffer bad = batch();
    bad.putInt(CRC, 1);
    ProduceRequestData request = request("half-good", batch());
    request
        .topicData()
        .iterator()
        .next()
        .partitionData()
        .add(new PartitionProduceData().setIndex(1).setRecords(MemoryRecords.readableRecords(bad)));

    ProduceResponseData answer = (ProduceResponseData) wire.call(ApiKeys.PRODUCE, 9, request);

    List<PartitionProduceResponse> partitions =
        answer.responses().iterator().next().partitionResponses();
    assertThat(partitions)
        .extracting(p -> p.index() + " " + Errors.forCode(p.errorCode()))
        .containsExactlyInAnyOrder("0 NONE", "1 CORRUPT_MESSAGE");
    assertThat(clients.endOffset("half-good", 0)).isEqualTo(3);
    assertThat(clients.endOffset("half-good", 1)).isZero();
  }

  @Test
  void shouldRefuseRecordsWithoutKeyOnCompactedTopics() throws Exception {
    clients.createTopic("compacted", 1, Map.of("cleanup.policy", "compact"));
    ByteBuffer keyless =
        MemoryRecords.withRecords(
                Compression.NONE, new SimpleRecord(1L, null, JavaClientIT.bytes("v")))
            .buffer();

    PartitionProduceResponse answer = produce("compacted", keyless);

    assertThat(Errors.forCode(answer.errorCode())).isEqualTo(Errors.INVALID_RECORD);
    assertThat(answer.recordErrors()).extracting(r -> r.batchIndex()).containsExactly(0);
    assertThat(clients.endOffset("compacted", 0)).isZero();
  }

  @Test
  void shouldRefuseUnknownTopicsAndPartitions() throws Exception {
    clients.createTopic("known", 1);
    ProduceRequestData request = request("known", batch());
    request.topicData().iterator().next().partitionData().get(0).setIndex(7);

    ProduceResponseData answer = (ProduceResponseData) wire.call(ApiKeys.PRODUCE, 9, request);

    assertThat(
            Errors.forCode(
                answer.responses().iterator().next().partitionResponses().get(0).errorCode()))
        .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION);
  }

  @Test
  void shouldRefuseUnknownAcks() throws Exception {
    clients.createTopic("acks", 1);

    ProduceResponseData answer =
        (ProduceResponseData)
            wire.call(ApiKeys.PRODUCE, 9, request("acks", batch()).setAcks((short) 2));

    assertThat(
            Errors.forCode(
                answer.responses().iterator().next().partitionResponses().get(0).errorCode()))
        .isEqualTo(Errors.INVALID_REQUIRED_ACKS);
    assertThat(clients.endOffset("acks", 0)).isZero();
  }

  @Test
  void shouldCloseTheConnectionOnErrorsThatNobodyWaitsFor() throws Exception {
    clients.createTopic("no-acks", 1);
    ByteBuffer bad = batch();
    bad.putInt(CRC, 1);
    try (WireClient own = WireClient.connect(broker.address())) {
      own.send(ApiKeys.PRODUCE, 9, request("no-acks", bad).setAcks((short) 0));

      assertThat(own.isClosedByBroker()).isTrue();
    }
    assertThat(clients.endOffset("no-acks", 0)).isZero();
  }

  @Test
  void shouldRefuseGapsInTheSequenceOfAProducer() throws Exception {
    clients.createTopic("sequences", 1);
    long id = 4_711;
    assertThat(Errors.forCode(produce("sequences", batch(id, 0)).errorCode()))
        .isEqualTo(Errors.NONE);

    assertThat(Errors.forCode(produce("sequences", batch(id, 9)).errorCode()))
        .isEqualTo(Errors.OUT_OF_ORDER_SEQUENCE_NUMBER);
    PartitionProduceResponse duplicate = produce("sequences", batch(id, 0));

    assertThat(Errors.forCode(duplicate.errorCode())).isEqualTo(Errors.NONE);
    assertThat(duplicate.baseOffset()).isZero();
    assertThat(Errors.forCode(produce("sequences", batch(id, 3)).errorCode()))
        .isEqualTo(Errors.NONE);
    assertThat(clients.endOffset("sequences", 0)).isEqualTo(6);
  }

  @Test
  void shouldFenceOldProducerEpochs() throws Exception {
    clients.createTopic("epochs", 1);
    assertThat(Errors.forCode(produce("epochs", batch(99, (short) 3, 0)).errorCode()))
        .isEqualTo(Errors.NONE);

    assertThat(Errors.forCode(produce("epochs", batch(99, (short) 2, 3)).errorCode()))
        .isEqualTo(Errors.INVALID_PRODUCER_EPOCH);

    assertThat(clients.endOffset("epochs", 0)).isEqualTo(3);
  }

  private PartitionProduceResponse produce(String topic, ByteBuffer records) {
    ProduceResponseData answer =
        (ProduceResponseData) wire.call(ApiKeys.PRODUCE, 9, request(topic, records));
    return answer.responses().iterator().next().partitionResponses().get(0);
  }

  private static ProduceRequestData request(String topic, ByteBuffer records) {
    ProduceRequestData request = new ProduceRequestData().setAcks((short) -1).setTimeoutMs(10_000);
    request
        .topicData()
        .add(
            new TopicProduceData()
                .setName(topic)
                .setPartitionData(
                    new ArrayList<>(
                        List.of(
                            new PartitionProduceData()
                                .setIndex(0)
                                .setRecords(MemoryRecords.readableRecords(records))))));
    return request;
  }

  private static ByteBuffer batch() {
    return MemoryRecords.withRecords(Compression.NONE, records()).buffer();
  }

  private static ByteBuffer batch(long producerId, int sequence) {
    return batch(producerId, (short) 0, sequence);
  }

  private static ByteBuffer batch(long producerId, short epoch, int sequence) {
    return MemoryRecords.withIdempotentRecords(
            Compression.NONE, producerId, epoch, sequence, records())
        .buffer();
  }

  private static SimpleRecord[] records() {
    return new SimpleRecord[] {
      new SimpleRecord(1L, JavaClientIT.bytes("k0"), JavaClientIT.bytes("v0")),
      new SimpleRecord(1L, JavaClientIT.bytes("k1"), JavaClientIT.bytes("v1")),
      new SimpleRecord(1L, JavaClientIT.bytes("k2"), JavaClientIT.bytes("v2"))
    };
  }

  /** Gives the third record the offset delta 3: 0, 1, 3. */
  private static ByteBuffer skipOffsetDelta(ByteBuffer batch) {
    int recordSize = 1 + batch.get(FIRST_RECORD) / 2;
    int offsetDelta = FIRST_RECORD + 2 * recordSize + 3;
    if (batch.get(offsetDelta) != 4) {
      throw new IllegalStateException("not the offset delta 2 as a zigzag varint");
    }
    return batch.put(offsetDelta, (byte) 6);
  }

  /** Damage that the checksum covers up. */
  private static UnaryOperator<ByteBuffer> sealed(UnaryOperator<ByteBuffer> damage) {
    return batch -> {
      ByteBuffer damaged = damage.apply(batch);
      damaged.putInt(CRC, (int) Crc32C.compute(damaged, ATTRIBUTES, damaged.limit() - ATTRIBUTES));
      return damaged;
    };
  }

  private static Arguments bad(String what, Errors[] allowed, UnaryOperator<ByteBuffer> damage) {
    return Arguments.of(what, allowed, damage);
  }
}
