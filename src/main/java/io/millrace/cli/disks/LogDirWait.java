package io.millrace.cli.disks;

import io.millrace.cli.Terminal;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.LogDirDescription;
import org.apache.kafka.common.TopicPartition;

/**
 * Waits for moves between log directories of a broker.
 *
 * <p>Owner: the command's thread.
 */
final class LogDirWait {
  private static final long ASK_AGAIN_MS = 250;
  private static final long TELL_EVERY_MS = 5_000;

  private LogDirWait() {}

  /**
   * Returns when none of these is on its way any more, or the time is over.
   *
   * @return those that are still on their way
   */
  static Set<String> until(
      BrokerDisks disks, Collection<TopicPartition> moved, Terminal terminal, long waitMs)
      throws InterruptedException, ExecutionException {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(waitMs);
    long told = System.nanoTime();
    while (true) {
      Set<String> left = new TreeSet<>();
      Map<String, LogDirDescription> dirs = disks.describe();
      for (LogDirDescription dir : dirs.values()) {
        for (TopicPartition id : BrokerDisks.arriving(dir).keySet()) {
          if (moved.contains(id)) {
            left.add(id.toString());
          }
        }
      }
      if (left.isEmpty() || System.nanoTime() - end >= 0) {
        return left;
      }
      if (System.nanoTime() - told > TimeUnit.MILLISECONDS.toNanos(TELL_EVERY_MS)) {
        told = System.nanoTime();
        terminal.err().println(left.size() + " log(s) on their way");
      }
      TimeUnit.MILLISECONDS.sleep(ASK_AGAIN_MS);
    }
  }
}
