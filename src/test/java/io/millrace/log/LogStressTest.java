package io.millrace.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.record.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Replies that are sent from other threads while the log rolls, deletes and closes files. */
class LogStressTest {
  @TempDir Path path;
  private LogFixture f;

  @BeforeEach
  void open() {
    f = new LogFixture(path);
    f.options = new LogDirectoryOptions(2, 2, 0, 50, 60_000, Long.MAX_VALUE);
    f.config =
        LogConfig.defaults()
            .with()
            .segmentBytes(2000)
            .indexIntervalBytes(200)
            .retentionBytes(6000)
            .fileDeleteDelayMs(0)
            .build();
    f.open();
  }

  @AfterEach
  void close() {
    f.close();
  }

  @Test
  void shouldServeRepliesWhoseSegmentsAreDeleted() throws Exception {
    Random random = new Random(5);
    ConcurrentLinkedQueue<FileSlice> replies = new ConcurrentLinkedQueue<>();
    AtomicReference<Throwable> failure = new AtomicReference<>();
    CountDownLatch done = new CountDownLatch(1);
    List<Thread> senders = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      Thread sender = new Thread(() -> send(replies, failure, done));
      sender.start();
      senders.add(sender);
    }
    try {
      for (int i = 0; i < 3000; i++) {
        f.append("value" + i);
        long start = f.log.logStartOffset();
        long offset = start + random.nextLong(f.log.logEndOffset() - start);
        if (f.read(offset, 500) instanceof ReadResult.Data data) {
          replies.add(data.slice());
        }
        if (i % 10 == 0) {
          f.log.maintain(f.log.logEndOffset(), f.clock.wallMs);
        }
      }
    } finally {
      done.countDown();
    }
    for (Thread sender : senders) {
      sender.join();
    }
    assertThat(failure.get()).isNull();
    // Segments go once their indexes are on the disk, which may lag behind.
    f.loop.await(
        () -> {
          f.log.maintain(f.log.logEndOffset(), f.clock.wallMs);
          return f.log.logStartOffset() > 2000;
        });
    f.loop.await(f.log.close());
    f.loop.await(() -> f.directory.openFiles() == 0);
  }

  private static void send(
      ConcurrentLinkedQueue<FileSlice> replies,
      AtomicReference<Throwable> failure,
      CountDownLatch done) {
    while (done.getCount() > 0 || !replies.isEmpty()) {
      FileSlice slice = replies.poll();
      if (slice == null) {
        Thread.onSpinWait();
        continue;
      }
      try {
        ByteBuffer bytes = LogFixture.bytes(slice);
        assertThat(RecordBatch.isCrcValid(bytes, 0)).isTrue();
      } catch (IOException | RuntimeException | AssertionError e) {
        failure.compareAndSet(null, e);
      } finally {
        slice.release();
      }
    }
  }
}
