package io.millrace.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.record.BatchBuilder;
import io.millrace.record.Codec;
import io.millrace.record.LogRecord;
import io.millrace.record.RecordBatch;
import io.millrace.record.RecordReader;
import io.vertx.core.Future;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;

/**
 * A compacted log to which random things happen, and the map that its readers must end up with.
 *
 * <p>Owner: the test's thread.
 */
@SuppressWarnings("NonAtomicVolatileUpdate") // Only the test's thread moves the clock.
final class CompactionModel implements AutoCloseable {
  private static final int PRODUCERS = 3;
  private static final Codec[] CODECS = Codec.values();

  private record Marker(long producerId, boolean commits) {}

  private final Path path;
  private final Random random;
  private final int keys;
  private final SteppingFileIo io = new SteppingFileIo();
  private CleaningFixture c;

  /** Producers of transactional records, by offset. */
  private final TreeMap<Long, Long> producers = new TreeMap<>();

  private final TreeMap<Long, Marker> markers = new TreeMap<>();

  /** Up to here (exclusive) records are acknowledged. */
  private volatile long ackedEnd;

  /** DeleteRecords was acknowledged up to here, and was asked for up to the other. */
  private volatile long ackedStart;

  private long askedStart;

  /** Operations until the process is killed; below 0 = it is not. */
  private int untilKill = -1;

  /** What the killed process leaves; null = it lives. */
  private LogFixture left;

  /** What was acknowledged when it was killed. */
  private long endAtCrash;

  private long startAtCrash;
  private int crashes;

  /** A reader that comes back from time to time. */
  private final Map<String, String> table = new HashMap<>();

  private long position;
  private long readMs;

  CompactionModel(Path path, long seed) {
    this.path = path;
    random = new Random(seed);
    keys = 1 + random.nextInt(40);
    c = new CleaningFixture(path.resolve("0"));
    c.f.io = io;
    c.resources = CleaningFixture.resources(random.nextBoolean() ? 1 << 20 : 24 * 25);
    c.f.config = c.f.config.with().segmentBytes(500 + random.nextInt(3000)).build();
    c.open();
    readMs = c.f.clock.wallMs;
    io.before(this::onOperation);
  }

  int crashes() {
    return crashes;
  }

  private void onOperation() {
    if (untilKill >= 0 && untilKill-- == 0) {
      try {
        endAtCrash = ackedEnd;
        startAtCrash = ackedStart;
        left = c.f.crashed(path.resolve(Integer.toString(++crashes)));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** One thing happens, perhaps with a crash in it. */
  void step() throws IOException {
    synchronized (io) {
      untilKill = random.nextInt(4) == 0 ? random.nextInt(50) : -1;
    }
    act();
    c.f.told.stableEnd = stableEnd();
    synchronized (io) {
      untilKill = -1;
    }
    if (left != null) {
      goOnAfterCrash();
    }
    check();
  }

  private void act() {
    switch (random.nextInt(12)) {
      case 0, 1, 2 -> appendSome(1 + random.nextInt(15));
      case 3, 4 -> appendOfTransaction(random.nextInt(PRODUCERS));
      case 5, 6 -> endTransaction(random.nextInt(PRODUCERS), random.nextBoolean());
      case 7 -> {
        roll();
        clean();
      }
      case 8 -> {
        c.awaitSealed();
        clean();
      }
      case 9 -> {
        c.f.restart();
        c.awaitSealed();
      }
      case 10 -> {
        if (random.nextInt(4) == 0) {
          deleteRecords();
        }
        maintain();
      }
      default -> letTimePass(random.nextInt(8_000));
    }
  }

  private void appendSome(int batches) {
    for (int i = 0; i < batches; i++) {
      String[] records = new String[2 * (1 + random.nextInt(6))];
      for (int r = 0; r < records.length; r += 2) {
        records[r] = "key" + random.nextInt(keys);
        records[r + 1] = random.nextInt(6) == 0 ? null : "value" + random.nextInt(1 << 30);
      }
      c.append(new BatchBuilder().codec(CODECS[random.nextInt(CODECS.length)]), records);
      ackedEnd = c.f.log.logEndOffset();
    }
  }

  private void appendOfTransaction(int number) {
    long producerId = producer(number);
    int sequence = (int) producers.values().stream().filter(p -> p == producerId).count();
    producers.put(c.f.log.nextOffset(), producerId);
    String value = random.nextInt(6) == 0 ? null : "value" + random.nextInt(1 << 30);
    c.transactional(producerId, sequence, "key" + random.nextInt(keys), value);
    ackedEnd = c.f.log.logEndOffset();
  }

  /** Of whom nothing is left, DeleteRecords may have made the log forget: another comes instead. */
  private long producer(int number) {
    long id = number;
    while (forgotten(id)) {
      id += PRODUCERS;
    }
    return id;
  }

  private boolean forgotten(long producerId) {
    long last = -1;
    for (Map.Entry<Long, Long> entry : producers.entrySet()) {
      last = entry.getValue() == producerId ? entry.getKey() : last;
    }
    return last >= 0 && last < c.f.log.logStartOffset();
  }

  private void endTransaction(int number, boolean commits) {
    long producerId = producer(number);
    if (c.f.log.ongoingTransaction(producerId) != null) {
      markers.put(c.f.log.nextOffset(), new Marker(producerId, commits));
      c.marker(producerId, commits);
      ackedEnd = c.f.log.logEndOffset();
    }
  }

  private void roll() {
    LogConfig config = c.f.log.config();
    c.f.log.reconfigure(config.with().segmentMs(1).build());
    c.f.clock.wallMs += 1000;
    c.append(Codec.NONE, "roll", "value");
    ackedEnd = c.f.log.logEndOffset();
    c.f.log.reconfigure(config);
    c.awaitSealed();
  }

  private void clean() {
    c.f.told.stableEnd = stableEnd();
    for (int rounds = 0; rounds < 50; rounds++) {
      Future<Boolean> cleaning = c.f.log.clean(c.resources);
      if (random.nextInt(3) == 0) {
        maintain();
      }
      if (!c.f.loop.await(cleaning)) {
        return;
      }
    }
    throw new AssertionError("50 rounds have not cleaned the log");
  }

  private void deleteRecords() {
    long start = c.f.log.logStartOffset();
    askedStart = start + random.nextInt((int) (stableEnd() - start) / 2 + 1);
    c.f.loop.await(c.f.log.deleteRecordsBefore(askedStart));
    ackedStart = askedStart;
  }

  private void maintain() {
    c.f.log.maintain(stableEnd(), c.f.clock.wallMs);
  }

  /** A reader that is away for longer than tombstones stay would miss some. */
  private void letTimePass(long ms) {
    if (c.f.clock.wallMs + ms >= readMs + CleaningFixture.DELETE_RETENTION_MS - 2_000) {
      goOnReading();
    }
    c.f.clock.wallMs += ms;
  }

  private long stableEnd() {
    return c.f.log.lastStableOffset(c.f.log.logEndOffset());
  }

  private void goOnAfterCrash() {
    CleaningFixture after = new CleaningFixture(left.path);
    after.f.io = io;
    after.f.config = c.f.config;
    after.f.clock.wallMs = c.f.clock.wallMs;
    after.resources = c.resources;
    after.written.putAll(c.written);
    close();
    left = null;
    c = after.open();
    long end = c.f.log.logEndOffset();
    assertThat(end).as("what was acknowledged").isGreaterThanOrEqualTo(endAtCrash);
    assertThat(c.f.log.logStartOffset()).isBetween(startAtCrash, askedStart);
    c.written.tailMap(end).clear();
    producers.tailMap(end).clear();
    markers.tailMap(end).clear();
    ackedEnd = end;
    ackedStart = c.f.log.logStartOffset();
    if (position > end) {
      // It has read what no leader would have let it read.
      position = 0;
      table.clear();
    }
    c.f.told.stableEnd = stableEnd();
  }

  /** The log is what it must be. */
  void check() throws IOException {
    long start = c.f.log.logStartOffset();
    long end = stableEnd();
    assertThat(c.f.log.logEndOffset()).as("end").isEqualTo(ackedEnd);
    assertThat(start).as("start").isEqualTo(ackedStart);
    Map<String, String> read = new HashMap<>();
    readInto(read, start, end);
    assertThat(read).as("table up to %d", end).isEqualTo(expected(start, end));
    if (random.nextInt(3) == 0) {
      goOnReading();
    }
  }

  /** The last committed values of all keys. */
  private Map<String, String> expected(long start, long end) {
    Map<String, String> values = new HashMap<>();
    c.written
        .subMap(start, end)
        .forEach(
            (offset, record) -> {
              if (committed(offset)) {
                values.put(record.key(), record.value());
              }
            });
    values.values().removeIf(value -> value == null);
    return values;
  }

  private boolean committed(long offset) {
    Long producerId = producers.get(offset);
    return producerId == null
        || markers.tailMap(offset).values().stream()
            .filter(marker -> marker.producerId == producerId)
            .findFirst()
            .orElseThrow()
            .commits;
  }

  private void goOnReading() {
    try {
      long end = stableEnd();
      if (c.f.log.logStartOffset() > 0) {
        // What it knows of keys before the start, the log says nothing of.
        return;
      }
      readInto(table, position, end);
      position = Math.max(position, end);
      readMs = c.f.clock.wallMs;
      assertThat(table).as("table of a reader that came back").isEqualTo(expected(0, position));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** As a consumer that reads committed records does it; each must be as it was appended. */
  private void readInto(Map<String, String> values, long from, long end) throws IOException {
    List<AbortedTransaction> aborted = c.f.log.abortedTransactions(from, end);
    Set<Long> aborting = new HashSet<>();
    for (ByteBuffer batch : c.batches(from, 700)) {
      if (RecordBatch.baseOffset(batch, 0) >= end) {
        break;
      }
      long producerId = RecordBatch.producerId(batch, 0);
      for (AbortedTransaction one : aborted) {
        if (one.producerId() == producerId
            && one.firstOffset() <= RecordBatch.lastOffset(batch, 0)
            && !isOver(one, RecordBatch.baseOffset(batch, 0))) {
          aborting.add(producerId);
        }
      }
      if (RecordBatch.isControl(batch, 0)) {
        aborting.remove(producerId);
        continue;
      }
      boolean hidden = RecordBatch.isTransactional(batch, 0) && aborting.contains(producerId);
      for (LogRecord record : RecordReader.readAll(batch, 0)) {
        take(values, record, hidden || record.offset() < from);
      }
    }
  }

  /** Whether the marker of an aborted transaction lies before this offset. */
  private boolean isOver(AbortedTransaction one, long offset) {
    return markers.subMap(one.firstOffset(), Math.max(one.firstOffset(), offset)).values().stream()
        .anyMatch(marker -> marker.producerId == one.producerId());
  }

  private void take(Map<String, String> values, LogRecord record, boolean hidden) {
    String key = CleaningFixture.text(record.key());
    String value = CleaningFixture.text(record.value());
    assertThat(new CleaningFixture.Written(key, value))
        .as("record at offset %d", record.offset())
        .isEqualTo(c.written.get(record.offset()));
    if (hidden) {
      return;
    }
    if (value == null) {
      values.remove(key);
    } else {
      values.put(key, value);
    }
  }

  /** Ends all transactions and cleans: nothing is left that need not be. */
  void end() throws IOException {
    for (int producer = 0; producer < PRODUCERS; producer++) {
      endTransaction(producer, random.nextBoolean());
    }
    roll();
    clean();
    check();
    if (c.f.log.logStartOffset() == 0) {
      goOnReading();
    }
    c.assertClean();
  }

  @Override
  public void close() {
    c.f.loop.await(c.f.log.close());
    c.close();
  }
}
