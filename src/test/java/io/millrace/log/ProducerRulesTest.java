package io.millrace.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Random;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.BatchMetadata;
import org.apache.kafka.storage.internals.log.ProducerAppendInfo;
import org.apache.kafka.storage.internals.log.ProducerStateEntry;
import org.apache.kafka.storage.internals.log.ProducerStateManager;
import org.apache.kafka.storage.internals.log.ProducerStateManagerConfig;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The producer table decides about random batches as Apache Kafka's does. */
class ProducerRulesTest {
  private static final int PRODUCERS = 3;

  private final ProducerStateTable ours = new ProducerStateTable();
  private long nextOffset;

  private static RecordBatch batch(
      long baseOffset, long producerId, short epoch, int baseSequence, int count) {
    MemoryRecordsBuilder builder =
        MemoryRecords.builder(
            ByteBuffer.allocate(1024),
            RecordBatch.CURRENT_MAGIC_VALUE,
            Compression.NONE,
            TimestampType.CREATE_TIME,
            baseOffset,
            0,
            producerId,
            epoch,
            baseSequence,
            false,
            0);
    for (int i = 0; i < count; i++) {
      builder.append(baseOffset * 10, null, new byte[1]);
    }
    return builder.build().batches().iterator().next();
  }

  /** What Kafka's UnifiedLog does with a client's batch. */
  private static SequenceCheck kafkasVerdict(ProducerStateManager kafkas, RecordBatch batch) {
    Optional<BatchMetadata> duplicate =
        kafkas
            .lastEntry(batch.producerId())
            .filter(entry -> entry.producerEpoch() == batch.producerEpoch())
            .flatMap(
                entry ->
                    entry.batchMetadata().stream()
                        .filter(
                            each ->
                                each.firstSeq() == batch.baseSequence()
                                    && each.lastSeq() == batch.lastSequence())
                        .findFirst());
    if (duplicate.isPresent()) {
      BatchMetadata original = duplicate.get();
      return new SequenceCheck.Duplicate(
          original.firstOffset(), original.lastOffset(), original.timestamp());
    }
    ProducerAppendInfo info = kafkas.prepareUpdate(batch.producerId(), AppendOrigin.CLIENT);
    try {
      info.append(batch, Optional.empty());
    } catch (ApiException e) {
      return new SequenceCheck.Refused(Errors.forException(e), e.getMessage());
    }
    kafkas.update(info);
    return SequenceCheck.Accept.INSTANCE;
  }

  private SequenceCheck ourVerdict(RecordBatch batch) {
    SequenceCheck verdict =
        ours.check(
            batch.producerId(), batch.producerEpoch(), batch.baseSequence(), batch.countOrNull());
    if (verdict instanceof SequenceCheck.Accept) {
      ours.update(
          batch.producerId(),
          batch.producerEpoch(),
          batch.baseSequence(),
          batch.baseOffset(),
          batch.countOrNull() - 1,
          batch.maxTimestamp());
      nextOffset += batch.countOrNull();
      ours.persistedTo(nextOffset);
    }
    return verdict;
  }

  private RecordBatch nextBatch(Random random) {
    long producerId = random.nextInt(PRODUCERS);
    ProducerState state = ours.get(producerId);
    int epoch = state == null ? random.nextInt(3) : state.epoch();
    if (random.nextInt(40) == 0) {
      epoch = Math.max(0, epoch + random.nextInt(3) - 1);
    }
    int lastSequence = state == null ? random.nextInt(3) : state.lastSequence();
    int baseSequence =
        switch (random.nextInt(8)) {
          case 0 -> 0;
          case 1, 2 -> Math.max(0, lastSequence + 1 - random.nextInt(12));
          case 3 -> (lastSequence + random.nextInt(4)) & Integer.MAX_VALUE;
          case 4 ->
              state == null
                  ? Integer.MAX_VALUE - random.nextInt(4)
                  : lastSequence & Integer.MAX_VALUE;
          default -> (lastSequence + 1) & Integer.MAX_VALUE;
        };
    return batch(nextOffset, producerId, (short) epoch, baseSequence, 1 + random.nextInt(3));
  }

  private static Object comparable(SequenceCheck verdict) {
    return verdict instanceof SequenceCheck.Refused refused ? refused.error() : verdict;
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void shouldDecideAsKafkaDoes(long seed, @TempDir Path directory) throws IOException {
    Random random = new Random(seed);
    ProducerStateManager kafkas =
        new ProducerStateManager(
            new TopicPartition("t", 0),
            directory.toFile(),
            60_000,
            new ProducerStateManagerConfig(86_400_000, false),
            Time.SYSTEM);
    int accepted = 0;
    int duplicates = 0;
    for (int step = 0; step < 2_000; step++) {
      if (random.nextInt(100) == 0) {
        long nowMs = (nextOffset - 20) * 10 + 86_400_000L;
        kafkas.removeExpiredProducers(nowMs);
        ours.removeExpired(nowMs, 86_400_000L);
      }
      RecordBatch batch = nextBatch(random);
      SequenceCheck expected = kafkasVerdict(kafkas, batch);
      assertThat(comparable(ourVerdict(batch)))
          .as("seed %d, step %d, %s", seed, step, batch)
          .isEqualTo(comparable(expected));
      accepted += expected instanceof SequenceCheck.Accept ? 1 : 0;
      duplicates += expected instanceof SequenceCheck.Duplicate ? 1 : 0;
      assertThat(ours.size()).isEqualTo(kafkas.activeProducers().size());
    }
    assertThat(accepted).isBetween(200, 1_900);
    assertThat(duplicates).isGreaterThan(20);
    for (ProducerStateEntry entry : kafkas.activeProducers().values()) {
      ProducerState state = ours.get(entry.producerId());
      assertThat(state.epoch()).isEqualTo(entry.producerEpoch());
      assertThat(state.lastTimestamp()).isEqualTo(entry.lastTimestamp());
      assertThat(state.lastOffset(state.batches() - 1)).isEqualTo(entry.lastDataOffset());
      assertThat(state.batches()).isEqualTo(entry.batchMetadata().size());
    }
  }
}
