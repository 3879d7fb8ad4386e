package io.millrace.record;

import static io.millrace.record.Batches.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.record.ValidationResult.Accepted;
import io.millrace.record.ValidationResult.Refused;
import io.millrace.simulation.Seeds;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Gives the same good and mutated batches to Apache Kafka's own log and to {@link BatchValidator}:
 * same verdict, same error, same stored bytes. The seed is in every failure's message; {@code
 * -Dmillrace.seed} and {@code -Dmillrace.batches} choose others.
 */
class KafkaDifferentialTest {
  private static final long SEED = Long.getLong("millrace.seed", 20_260_101L);
  private static final int BATCHES = Integer.getInteger("millrace.batches", 1_500);

  /** Faults that Kafka keeps in its log, and we do not. */
  private static final List<String> STRICTER =
      List.of(
          "Exactly one batch",
          "offset delta",
          "does not end where its length says",
          "longer than its record",
          "bad length of record",
          "transactional batch needs");

  @TempDir File directory;

  static Stream<Arguments> topics() {
    Map<String, Map<String, String>> topics = new TreeMap<>();
    topics.put("defaults", Map.of());
    topics.put("compacted", Map.of("cleanup.policy", "compact"));
    topics.put("append time", Map.of("message.timestamp.type", "LogAppendTime"));
    topics.put(
        "bounded time",
        Map.of("message.timestamp.before.max.ms", "5000", "message.timestamp.after.max.ms", "0"));
    topics.put("small", Map.of("max.message.bytes", "300"));
    topics.put("old client", Map.of());
    for (String codec : List.of("uncompressed", "gzip", "snappy", "lz4", "zstd")) {
      topics.put("to " + codec, Map.of("compression.type", codec, "max.message.bytes", "30000"));
    }
    return topics.entrySet().stream().map(e -> Arguments.of(e.getKey(), e.getValue()));
  }

  private static ValidationRules rules(String name, Map<String, String> config) {
    TimestampRules timestamps =
        new TimestampRules(
            TimestampType.ofName(config.getOrDefault("message.timestamp.type", "CreateTime")),
            Long.parseLong(
                config.getOrDefault(
                    "message.timestamp.before.max.ms", String.valueOf(Long.MAX_VALUE))),
            Long.parseLong(config.getOrDefault("message.timestamp.after.max.ms", "3600000")));
    String codec = config.get("compression.type");
    return new ValidationRules(
        Integer.parseInt(config.getOrDefault("max.message.bytes", "1048588")),
        1 << 30,
        config.containsKey("cleanup.policy"),
        timestamps,
        codec == null ? CompressionTarget.producer() : CompressionTarget.of(Codec.ofName(codec)),
        !name.equals("old client"),
        false);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("topics")
  void shouldDecideAsKafkaDoes(String name, Map<String, String> config) throws IOException {
    ValidationRules rules = rules(name, config);
    Map<String, Integer> seen = new TreeMap<>();
    try (KafkaLog kafka = new KafkaLog(directory, new HashMap<>(config), rules.zstdAllowed())) {
      BatchValidator validator = new BatchValidator();
      for (int i = 0; i < BATCHES; i++) {
        Random random = Seeds.random(SEED + i);
        ByteBuffer sent = anyBatch(random, i);
        String context = name + ", -Dmillrace.seed=" + (SEED + i) + " -Dmillrace.batches=1";
        long offset = kafka.logEndOffset();
        KafkaLog.Verdict verdict = kafka.append(sent, 5);
        ValidationResult result = validator.validate(sent, rules, NOW);
        seen.merge(compare(context, sent, verdict, result, offset), 1, Integer::sum);
      }
    }
    if (BATCHES >= 1000) {
      assertThat(seen.keySet())
          .as("what came up")
          .containsAll(Set.of("accepted", "INVALID_RECORD", "CORRUPT_MESSAGE"));
    }
  }

  private static String compare(
      String context,
      ByteBuffer sent,
      KafkaLog.Verdict verdict,
      ValidationResult result,
      long offset) {
    String about = context + ", Kafka: " + verdict + ", we: " + result;
    if (result instanceof Accepted accepted) {
      assertThat(verdict.error()).as(about).isEqualTo(Errors.NONE);
      assertSameStored(about, verdict.batch(), accepted.batch(), offset);
      if (!accepted.batch().isDirect()
          && RecordBatch.timestampType(sent, sent.position()) == TimestampType.CREATE_TIME) {
        // A producer that claims LogAppendTime gets its own timestamps back, as in place: Kafka
        // replaces them only where it rebuilds the batch.
        assertThat(withoutSizes(accepted.batch()))
            .as(about)
            .isEqualTo(withoutSizes(verdict.batch()));
      }
      return "accepted";
    }
    Refused refused = (Refused) result;
    if (verdict.error() == Errors.NONE) {
      assertThat(refused.error()).as(about).isEqualTo(Errors.INVALID_RECORD);
      assertThat(STRICTER).as(about).anyMatch(refused.message()::contains);
      return "stricter";
    }
    if (verdict.error() == Errors.UNKNOWN_SERVER_ERROR) {
      // Where Kafka runs into an exception that nobody expected, we say what is wrong.
      assertThat(refused.error())
          .as(about)
          .isIn(Errors.INVALID_RECORD, Errors.CORRUPT_MESSAGE, Errors.UNSUPPORTED_COMPRESSION_TYPE);
      return "unknown";
    }
    boolean stricter = STRICTER.stream().anyMatch(refused.message()::contains);
    if (!stricter) {
      assertThat(refused.error()).as(about).isEqualTo(verdict.error());
      assertThat(refused.recordErrors())
          .as(about)
          .extracting(RecordError::batchIndex)
          .isEqualTo(verdict.recordErrors());
    }
    return refused.error().name();
  }

  private static void assertSameStored(
      String about, ByteBuffer theirs, ByteBuffer ours, long offset) {
    int at = ours.position();
    RecordBatch.setBaseOffset(ours, at, offset);
    RecordBatch.setLeaderEpoch(ours, at, 5);
    assertThat(RecordBatch.isCrcValid(ours, at)).as(about).isTrue();
    if (ours.isDirect()) {
      assertThat(Batches.copy(ours)).as(about).isEqualTo(theirs);
      return;
    }
    assertThat(RecordBatch.compression(ours, at))
        .as(about)
        .isEqualTo(RecordBatch.compression(theirs, 0));
    assertThat(RecordBatch.maxTimestamp(ours, at))
        .as(about)
        .isEqualTo(RecordBatch.maxTimestamp(theirs, 0));
    assertThat(RecordBatch.timestampType(ours, at))
        .as(about)
        .isEqualTo(RecordBatch.timestampType(theirs, 0));
    assertThat(RecordBatch.isTransactional(ours, at))
        .as(about)
        .isEqualTo(RecordBatch.isTransactional(theirs, 0));
    assertThat(RecordBatch.producerId(ours, at))
        .as(about)
        .isEqualTo(RecordBatch.producerId(theirs, 0));
    assertThat(RecordBatch.producerEpoch(ours, at))
        .as(about)
        .isEqualTo(RecordBatch.producerEpoch(theirs, 0));
    assertThat(RecordBatch.baseSequence(ours, at))
        .as(about)
        .isEqualTo(RecordBatch.baseSequence(theirs, 0));
  }

  /** Kafka rebuilds records with another base timestamp, so that their sizes can differ. */
  private static List<LogRecord> withoutSizes(ByteBuffer batch) {
    return RecordReader.readAll(batch, batch.position()).stream()
        .map(
            record ->
                new LogRecord(
                    record.offset(),
                    record.timestampMs(),
                    0,
                    record.key(),
                    record.value(),
                    record.headers()))
        .toList();
  }

  private static ByteBuffer anyBatch(Random random, int index) {
    Codec codec = Codec.ofId(random.nextInt(5));
    int count = 1 + random.nextInt(random.nextInt(20) == 0 ? 200 : 8);
    boolean keyed = random.nextBoolean();
    BatchBuilder builder = new BatchBuilder();
    if (random.nextInt(3) == 0) {
      // A producer of its own for each batch, so that only the batch itself is judged.
      builder.producer(1_000_000L + index, (short) 0, random.nextInt(100));
      if (random.nextBoolean()) {
        builder.transactional();
      }
    }
    if (random.nextInt(50) == 0) {
      builder.logAppendTime(NOW);
    }
    for (int i = 0; i < count; i++) {
      Batches.appendAny(builder, random, keyed);
    }
    ByteBuffer plain = builder.build();
    byte[] records = Batches.recordBytes(plain);
    if (random.nextInt(3) == 0) {
      records = mutate(records, random);
    }
    ByteBuffer batch = Batches.around(records, count, codec);
    int attributes = RecordBatch.attributes(plain, 0) | codec.id();
    ByteBuffer header = Batches.copy(plain);
    header.putInt(RecordBatch.LENGTH_AT, batch.limit() - RecordBatch.LOG_OVERHEAD);
    header.putShort(RecordBatch.ATTRIBUTES_AT, (short) attributes);
    batch.put(0, header, 0, RecordBatch.HEADER_SIZE);
    RecordBatch.updateCrc(batch, 0);
    while (random.nextInt(3) == 0) {
      batch = mutateBatch(batch, random);
    }
    return Batches.direct(batch);
  }

  private static byte[] mutate(byte[] records, Random random) {
    byte[] bytes = records;
    do {
      int at = random.nextInt(bytes.length);
      switch (random.nextInt(5)) {
        case 0 -> {
          byte[] longer = Arrays.copyOf(bytes, bytes.length + 1);
          System.arraycopy(bytes, at, longer, at + 1, bytes.length - at);
          bytes = longer;
        }
        case 1 -> {
          byte[] shorter = Arrays.copyOf(bytes, Math.max(bytes.length - 1, 1));
          int from = Math.min(at, shorter.length);
          System.arraycopy(
              bytes, bytes.length - shorter.length + from, shorter, from, shorter.length - from);
          bytes = shorter;
        }
        case 2 -> bytes[at] = (byte) random.nextInt();
        // Where the numbers of the first record are.
        case 3 -> bytes[Math.min(at, random.nextInt(12))] = (byte) random.nextInt();
        default -> bytes[at] ^= (byte) (1 << random.nextInt(8));
      }
    } while (random.nextInt(3) == 0);
    return bytes;
  }

  private static ByteBuffer mutateBatch(ByteBuffer batch, Random random) {
    ByteBuffer mutated = batch;
    switch (random.nextInt(9)) {
      case 0 -> {
        int size = random.nextInt(batch.limit() + 1);
        return Batches.copy(batch.duplicate().limit(size));
      }
      case 1 -> {
        mutated = ByteBuffer.allocate(batch.limit() + 1 + random.nextInt(100));
        mutated.put(0, batch, 0, batch.limit());
        if (random.nextBoolean() && batch.limit() > 12) {
          mutated.putInt(RecordBatch.LENGTH_AT, mutated.limit() - RecordBatch.LOG_OVERHEAD);
        }
      }
      case 2 -> putInt(mutated, RecordBatch.COUNT_AT, random.nextInt(10) - 1);
      case 3 -> putInt(mutated, RecordBatch.LAST_OFFSET_DELTA_AT, random.nextInt(10) - 1);
      case 4 -> {
        int count = random.nextInt(random.nextBoolean() ? 10 : Integer.MAX_VALUE);
        putInt(mutated, RecordBatch.COUNT_AT, count);
        putInt(mutated, RecordBatch.LAST_OFFSET_DELTA_AT, count - 1);
      }
      case 5 -> putInt(mutated, RecordBatch.ATTRIBUTES_AT - 2, random.nextInt());
      case 6 -> putInt(mutated, RecordBatch.LENGTH_AT, random.nextInt(200) - 20);
      default -> {
        if (batch.limit() > 0) {
          // Not the producer's own fields: what its state makes of them is not at issue here.
          int at = random.nextInt(batch.limit());
          if (at < RecordBatch.PRODUCER_ID_AT || at >= RecordBatch.COUNT_AT) {
            mutated.put(at, (byte) random.nextInt());
          }
        }
      }
    }
    if (mutated.limit() >= RecordBatch.HEADER_SIZE
        && RecordBatch.sizeInBytes(mutated, 0) == mutated.limit()
        && random.nextInt(10) > 0) {
      RecordBatch.updateCrc(mutated, 0);
    }
    return mutated;
  }

  private static void putInt(ByteBuffer batch, int at, int value) {
    if (batch.limit() >= at + Integer.BYTES) {
      batch.putInt(at, value);
    }
  }
}
