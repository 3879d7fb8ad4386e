package io.millrace.partition;

import io.millrace.log.LogConfig;
import io.millrace.log.LogDirectory;
import io.millrace.log.LogDirectoryOptions;
import io.millrace.log.LogListener;
import io.millrace.log.PartitionLog;
import io.millrace.log.SystemFileIo;
import io.millrace.model.Clock;
import io.millrace.model.TestLoop;
import io.millrace.model.TopicId;
import io.millrace.model.TopicIdPartition;
import java.nio.file.Path;

/**
 * A partition's log on the disk; the test's thread is its loop.
 *
 * <p>Owner: the test's thread.
 */
final class RealLog implements AutoCloseable {
  static final TopicIdPartition ID = new TopicIdPartition(new TopicId(1, 2), "t", 0);

  private final TestLoop loop;
  private final LogDirectory logs;
  final PartitionLog log;

  RealLog(Path directory, LogConfig config, TestLoop loop, LogListener told) {
    this.loop = loop;
    LogDirectoryOptions options = new LogDirectoryOptions(1, 10, 0, 1_000, 60_000, Long.MAX_VALUE);
    logs =
        loop.await(
            LogDirectory.open(directory, options, SystemFileIo.INSTANCE, Clock.SYSTEM, loop));
    log = loop.await(PartitionLog.open(logs, ID, config, loop, told, Clock.SYSTEM));
  }

  @Override
  public void close() {
    loop.await(log.close());
    loop.await(logs.close(loop));
  }
}
