package io.millrace.server;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Looks at the stacks of all event loops a hundred times a second while a test runs and fails it
 * when one is found waiting: for a lock, a thread, a future or the disk.
 *
 * <p>A task that is handed to a thread pool takes the lock of the pool's queue for the moment in
 * which it is put in or taken out; a loop that is found there does not wait for anything to happen.
 * Waiting until such a queue has something, or has room, is found as any other.
 *
 * <p>Owner: the test's thread; the sampler has one of its own.
 */
public final class LoopsNeverBlock implements BeforeEachCallback, AfterEachCallback {
  private static final String LOOP = "vert.x-eventloop-thread";
  private static final int DEPTH = 6;
  private static final String LOCK = "java.util.concurrent.locks.ReentrantLock";
  private static final Set<String> QUEUES =
      Set.of(
          "java.util.concurrent.ArrayBlockingQueue",
          "java.util.concurrent.LinkedBlockingQueue",
          "java.util.concurrent.ThreadPoolExecutor",
          "java.util.concurrent.ScheduledThreadPoolExecutor$DelayedWorkQueue");
  private static final Set<String> BLOCKING =
      Set.of(
          "java.util.concurrent.locks.LockSupport.park",
          "java.util.concurrent.locks.LockSupport.parkNanos",
          "java.lang.Object.wait",
          "java.lang.Object.wait0",
          "java.lang.Thread.sleep",
          "java.lang.Thread.sleep0",
          "java.lang.Thread.join",
          "sun.nio.ch.FileDispatcherImpl.force0",
          "sun.nio.ch.UnixFileDispatcherImpl.force0",
          "java.io.FileDescriptor.sync");

  private final Set<String> found = ConcurrentHashMap.newKeySet();
  private final CountDownLatch end = new CountDownLatch(1);
  private Thread sampler;

  @Override
  public void beforeEach(ExtensionContext context) {
    sampler = new Thread(this::sample, "loop-sampler");
    sampler.setDaemon(true);
    sampler.start();
  }

  private void sample() {
    try {
      while (!end.await(10, TimeUnit.MILLISECONDS)) {
        for (Map.Entry<Thread, StackTraceElement[]> thread :
            Thread.getAllStackTraces().entrySet()) {
          if (thread.getKey().getName().startsWith(LOOP)) {
            look(thread.getValue());
          }
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void look(StackTraceElement[] stack) {
    if (handsOver(stack)) {
      return;
    }
    for (int i = 0; i < Math.min(DEPTH, stack.length); i++) {
      if (BLOCKING.contains(stack[i].getClassName() + "." + stack[i].getMethodName())) {
        List<String> top =
            List.of(stack).stream().limit(15).map(StackTraceElement::toString).toList();
        found.add(String.join("\n    ", top));
        return;
      }
    }
  }

  /** Whether it is at the lock of a queue, rather than at the queue's being empty or full. */
  private static boolean handsOver(StackTraceElement[] stack) {
    for (int i = 1; i < stack.length; i++) {
      if (stack[i - 1].getClassName().equals(LOCK) && !stack[i].getClassName().startsWith(LOCK)) {
        return QUEUES.contains(stack[i].getClassName());
      }
    }
    return false;
  }

  @Override
  public void afterEach(ExtensionContext context) throws InterruptedException {
    end.countDown();
    sampler.join();
    if (!found.isEmpty()) {
      throw new AssertionError("An event loop was found waiting:\n    " + found.iterator().next());
    }
  }
}
