package io.millrace.record;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ScheduledFuture;
import java.util.function.Supplier;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.server.util.Scheduler;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.LogDirFailureChannel;
import org.apache.kafka.storage.internals.log.ProducerStateManagerConfig;
import org.apache.kafka.storage.internals.log.RecordValidationException;
import org.apache.kafka.storage.internals.log.UnifiedLog;
import org.apache.kafka.storage.log.metrics.BrokerTopicStats;

/** Apache Kafka's own log of one partition, which says what Kafka does with a batch. */
final class KafkaLog implements AutoCloseable {
  private final UnifiedLog log;
  private final short produceVersion;

  /** What Kafka did; {@code batch} is what it would store, null when it refused. */
  record Verdict(Errors error, List<Integer> recordErrors, ByteBuffer batch, Throwable cause) {}

  KafkaLog(File parent, Map<String, String> topicConfig, boolean zstdAllowed) throws IOException {
    File directory = new File(parent, "oracle-0");
    if (!directory.mkdirs()) {
      throw new IOException("cannot make " + directory);
    }
    produceVersion = zstdAllowed ? ApiKeys.PRODUCE.latestVersion() : 6;
    log =
        UnifiedLog.create(
            directory,
            new LogConfig(new HashMap<>(topicConfig)),
            0,
            0,
            new NoScheduler(),
            new BrokerTopicStats(),
            new FixedTime(),
            60_000,
            new ProducerStateManagerConfig(60_000, false),
            60_000,
            new LogDirFailureChannel(1),
            true,
            Optional.of(Uuid.randomUuid()));
  }

  /** Appends a copy of {@code records} as if a client had sent them. */
  Verdict append(ByteBuffer records, int leaderEpoch) {
    MemoryRecords memory = MemoryRecords.readableRecords(Batches.copy(records));
    try {
      ProduceRequest.validateRecords(produceVersion, memory);
      long offset = log.logEndOffset();
      log.appendAsLeader(memory, leaderEpoch, AppendOrigin.CLIENT);
      return new Verdict(Errors.NONE, List.of(), stored(offset), null);
    } catch (RecordValidationException e) {
      return new Verdict(
          Errors.forException(e.invalidException()),
          e.recordErrors().stream().map(error -> error.batchIndex).toList(),
          null,
          e);
    } catch (RuntimeException | IOException | Error e) {
      return new Verdict(Errors.forException(e), List.of(), null, e);
    }
  }

  long logEndOffset() {
    return log.logEndOffset();
  }

  private ByteBuffer stored(long offset) {
    try {
      var fetched =
          log.read(offset, 1, org.apache.kafka.server.storage.log.FetchIsolation.LOG_END, true);
      int size = fetched.records.sizeInBytes();
      ByteBuffer buffer = ByteBuffer.allocate(size);
      ((org.apache.kafka.common.record.internal.FileRecords) fetched.records).readInto(buffer, 0);
      return buffer;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    log.closeHandlers();
  }

  private static final class NoScheduler implements Scheduler {
    @Override
    public void startup() {}

    @Override
    public void shutdown() {}

    @Override
    public ScheduledFuture<?> schedule(String name, Runnable task, long delayMs, long periodMs) {
      return null;
    }

    @Override
    public void resizeThreadPool(int newSize) {}
  }

  private static final class FixedTime implements Time {
    @Override
    public long milliseconds() {
      return Batches.NOW;
    }

    @Override
    public long nanoseconds() {
      return 0;
    }

    @Override
    public void sleep(long ms) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void waitObject(Object obj, Supplier<Boolean> condition, long deadlineMs) {
      throw new UnsupportedOperationException();
    }
  }
}
