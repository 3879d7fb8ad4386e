package io.millrace.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.clean.CleanerConfig;
import io.millrace.log.clean.CompactionConfig;
import io.millrace.metrics.Metrics;
import io.millrace.record.BatchBuilder;
import io.millrace.record.BatchIterator;
import io.millrace.record.Codec;
import io.millrace.record.LogRecord;
import io.millrace.record.RecordBatch;
import io.millrace.record.RecordReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;

/**
 * A compacted log and a model of what must be in it.
 *
 * <p>Owner: the test's thread.
 */
@SuppressWarnings("NonAtomicVolatileUpdate") // Only the test's thread moves the clock.
final class CleaningFixture implements AutoCloseable {
  static final long DELETE_RETENTION_MS = 10_000;

  /** A record as it was appended; null value = a tombstone. */
  record Written(String key, String value) {}

  final LogFixture f;
  private final Path path;
  CleanerResources resources = resources(1 << 20);

  /** By offset. */
  final TreeMap<Long, Written> written = new TreeMap<>();

  CleaningFixture(Path path) {
    this.path = path;
    f = new LogFixture(path);
    f.config =
        LogConfig.defaults()
            .with()
            .segmentBytes(2000)
            .indexIntervalBytes(200)
            .fileDeleteDelayMs(0)
            .deletes(false)
            .compacts(true)
            .compaction(new CompactionConfig(0, DELETE_RETENTION_MS, 0, Long.MAX_VALUE))
            .build();
  }

  CleaningFixture open() {
    f.open();
    return this;
  }

  static CleanerResources resources(long dedupeBytes) {
    return new CleanerResources(
        new CleanerConfig(1, dedupeBytes, 32 << 10, 0.9, 10, Double.MAX_VALUE), Metrics.NONE);
  }

  /** Appends a batch: keys and values in turn; a null value makes a tombstone. */
  long append(Codec codec, String... keysAndValues) {
    return append(new BatchBuilder().codec(codec), keysAndValues);
  }

  long append(BatchBuilder builder, String... keysAndValues) {
    for (int i = 0; i < keysAndValues.length; i += 2) {
      builder.append(f.clock.wallMs + i, bytes(keysAndValues[i]), bytes(keysAndValues[i + 1]));
    }
    long base = f.append(LogFixture.direct(builder.build()));
    for (int i = 0; i < keysAndValues.length; i += 2) {
      written.put(base + i / 2, new Written(keysAndValues[i], keysAndValues[i + 1]));
    }
    return base;
  }

  private static byte[] bytes(String text) {
    return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
  }

  /** Appends a record of a transaction. */
  void transactional(long producerId, int sequence, String key, String value) {
    append(
        new BatchBuilder().producer(producerId, (short) 0, sequence).transactional(), key, value);
  }

  /** Appends the end of a transaction. */
  void marker(long producerId, boolean commits) {
    ByteBuffer key = ByteBuffer.allocate(4).putShort((short) 0).putShort((short) (commits ? 1 : 0));
    ByteBuffer batch =
        new BatchBuilder()
            .producer(producerId, (short) 0, RecordBatch.NO_SEQUENCE)
            .transactional()
            .control()
            .append(f.clock.wallMs, key.array(), new byte[6])
            .build();
    f.append(LogFixture.direct(batch));
  }

  /** Appends random batches of all codecs. */
  void appendRandom(Random random, int batches, int keys) {
    Codec[] codecs = Codec.values();
    for (int i = 0; i < batches; i++) {
      String[] records = new String[2 * (1 + random.nextInt(6))];
      for (int r = 0; r < records.length; r += 2) {
        records[r] = "key" + random.nextInt(keys);
        records[r + 1] = random.nextInt(8) == 0 ? null : "value" + random.nextInt(1 << 30);
      }
      BatchBuilder builder = new BatchBuilder().codec(codecs[random.nextInt(codecs.length)]);
      append(builder, records);
    }
  }

  /** Starts a new segment with the next append and waits until the others are sealed. */
  void roll() {
    LogConfig config = f.log.config();
    f.log.reconfigure(config.with().segmentMs(1).build());
    f.clock.wallMs += 1000;
    long base = append(Codec.NONE, "roll", "value");
    f.log.reconfigure(config);
    assertThat(f.files(".log")).endsWith(f.segment(base).getFileName().toString());
    awaitSealed();
  }

  void awaitSealed() {
    f.loop.await(f.log.flush());
    f.loop.await(() -> f.log.recoveryPoint() == f.log.logEndOffset());
  }

  /** Up to where (exclusive) the log is clean, as the file says; -1 = nothing. */
  long checkpoint() throws IOException {
    return OffsetCheckpoint.read(path, OffsetCheckpoint.CLEANER)
        .getOrDefault(LogFixture.ID.topicPartition(), -1L);
  }

  /** Cleans until there is nothing to clean; how many rounds it took. */
  int clean() {
    int rounds = 0;
    while (f.loop.await(f.log.clean(resources))) {
      rounds++;
    }
    return rounds;
  }

  /** The value of each key, as the appends left them. */
  Map<String, String> model() {
    Map<String, String> model = new HashMap<>();
    written.values().forEach(one -> model.put(one.key, one.value));
    model.values().removeIf(value -> value == null);
    return model;
  }

  /** All records of the log but markers, by reading it from the start. */
  NavigableMap<Long, LogRecord> read() throws IOException {
    return read(f.log.logStartOffset(), 700);
  }

  NavigableMap<Long, LogRecord> read(long from, int maxBytes) throws IOException {
    TreeMap<Long, LogRecord> records = new TreeMap<>();
    for (ByteBuffer batch : batches(from, maxBytes)) {
      if (RecordBatch.isControl(batch, 0)) {
        continue;
      }
      for (LogRecord record : RecordReader.readAll(batch, 0)) {
        assertThat(records.put(record.offset(), record)).isNull();
      }
    }
    return records;
  }

  List<ByteBuffer> batches() throws IOException {
    return batches(f.log.logStartOffset(), 700);
  }

  /** All batches, a copy each; their offsets are checked to grow. */
  List<ByteBuffer> batches(long from, int maxBytes) throws IOException {
    List<ByteBuffer> found = new ArrayList<>();
    long next = from;
    while (next < f.log.logEndOffset()) {
      ReadResult result = f.read(next, maxBytes);
      if (result instanceof ReadResult.Empty) {
        break;
      }
      FileSlice slice = ((ReadResult.Data) result).slice();
      ByteBuffer bytes = LogFixture.bytes(slice);
      slice.release();
      next = addBatches(bytes, next, found);
    }
    return found;
  }

  private static long addBatches(ByteBuffer bytes, long from, List<ByteBuffer> found) {
    long next = from;
    BatchIterator batches = new BatchIterator(bytes);
    while (batches.next()) {
      assertThat(RecordBatch.isCrcValid(bytes, batches.position())).isTrue();
      assertThat(RecordBatch.lastOffset(bytes, batches.position())).isGreaterThanOrEqualTo(next);
      next = RecordBatch.nextOffset(bytes, batches.position());
      ByteBuffer copy = ByteBuffer.allocate(batches.sizeInBytes());
      copy.put(0, bytes, batches.position(), batches.sizeInBytes());
      found.add(copy);
    }
    assertThat(batches.stop()).isEqualTo(BatchIterator.Stop.END);
    return next;
  }

  /** Replays the log as a consumer that builds a table does. */
  Map<String, String> table() throws IOException {
    Map<String, String> table = new HashMap<>();
    for (LogRecord record : read().values()) {
      if (record.value() == null) {
        table.remove(text(record.key()));
      } else {
        table.put(text(record.key()), text(record.value()));
      }
    }
    return table;
  }

  static String text(ByteBuffer bytes) {
    return bytes == null ? null : StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
  }

  /**
   * The table is right, every record is one that was appended at that offset, and the log ends
   * where it should.
   */
  void assertRight() throws IOException {
    assertThat(table()).isEqualTo(model());
    assertThat(f.log.logStartOffset()).isZero();
    assertThat(f.log.logEndOffset()).isEqualTo(written.lastKey() + 1);
    read()
        .forEach(
            (offset, record) ->
                assertThat(new Written(text(record.key()), text(record.value())))
                    .isEqualTo(written.get(offset)));
  }

  /** No key is there twice below the active segment. */
  void assertClean() throws IOException {
    List<String> names = f.files(".log");
    long active = SegmentNames.offset(names.get(names.size() - 1), ".log");
    List<String> keys =
        read().headMap(active).values().stream().map(record -> text(record.key())).toList();
    assertThat(keys).doesNotHaveDuplicates();
    assertThat(f.files(SegmentNames.CLEANED)).isEmpty();
    assertThat(f.files(SegmentNames.SWAP)).isEmpty();
  }

  @Override
  public void close() {
    f.close();
  }
}
