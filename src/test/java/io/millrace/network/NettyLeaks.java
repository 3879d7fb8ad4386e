package io.millrace.network;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.LoggerFactory;

/**
 * Watches every buffer that Netty gives out, and says which were collected without being released.
 *
 * <p>Owner: the test's thread.
 */
final class NettyLeaks implements AutoCloseable {
  private static final Logger LOGGER = (Logger) LoggerFactory.getLogger(ResourceLeakDetector.class);

  private final ResourceLeakDetector.Level before = ResourceLeakDetector.getLevel();
  private final ListAppender<ILoggingEvent> reports = new ListAppender<>();

  NettyLeaks() {
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
    reports.start();
    LOGGER.addAppender(reports);
  }

  /** What is known to be lost by now. */
  List<String> find() {
    for (int i = 0; i < 2; i++) {
      collectGarbage();
      // A detector reports what it knows when it watches one more.
      Stream.generate(() -> PooledByteBufAllocator.DEFAULT.directBuffer(16))
          .limit(64)
          .forEach(buffer -> buffer.release());
    }
    return List.copyOf(reports.list).stream().map(ILoggingEvent::getFormattedMessage).toList();
  }

  /** On return those who wait for lost objects have been told of them. */
  private static void collectGarbage() {
    ReferenceQueue<Object> lost = new ReferenceQueue<>();
    Reference<Object> example = new WeakReference<>(new Object(), lost);
    try {
      do {
        System.gc();
      } while (lost.remove(1_000) != example);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Leaves out what was found until now. */
  void forget() {
    reports.list.clear();
  }

  @Override
  public void close() {
    LOGGER.detachAppender(reports);
    ResourceLeakDetector.setLevel(before);
  }
}
