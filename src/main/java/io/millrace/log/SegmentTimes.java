package io.millrace.log;

import io.millrace.log.LogWorker.Lane;
import io.millrace.record.RecordBatch;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads the timestamps of closed segments that only the disk knows after a start: the decisions
 * about cleaning need them.
 *
 * <p>Owner: partition loop.
 */
final class SegmentTimes {
  private record Times(Segment segment, long first, long max) {}

  private final LogState log;

  /** They are being read. */
  private boolean learning;

  SegmentTimes(LogState log) {
    this.log = log;
  }

  /** Reads what is not known; the next look knows it. */
  void learn() {
    if (learning) {
      return;
    }
    learning = true;
    List<Segment> unknown = new ArrayList<>();
    List<SegmentIndexes.Source> sources = new ArrayList<>();
    for (int slot = 0; slot + 1 < log.segments.count(); slot++) {
      Segment segment = log.segments.get(slot);
      if (segment.size() > 0 && (segment.firstTimestamp() < 0 || segment.maxTimestamp() < 0)) {
        unknown.add(segment);
        sources.add(SegmentIndexes.Source.of(segment));
      }
    }
    FileIo io = log.io();
    int intervalBytes = log.config.indexIntervalBytes();
    log.directory
        .worker()
        .run(
            Lane.CARE,
            log.owner,
            () -> {
              List<Times> times = new ArrayList<>();
              for (int i = 0; i < unknown.size(); i++) {
                long max = LogRetention.maxTimestamp(io, sources.get(i), intervalBytes);
                times.add(new Times(unknown.get(i), first(sources.get(i)), max));
              }
              return times;
            })
        .onComplete(
            done -> {
              learning = false;
              if (done.succeeded()) {
                done.result().forEach(one -> one.segment.learnFirstTimestamp(one.first));
                done.result().forEach(one -> one.segment.learnMaxTimestamp(one.max));
              } else if (sources.stream().noneMatch(source -> source.file().doomed())) {
                log.onTaskFailed("Reading timestamps of " + log.id, done.cause());
              }
            });
  }

  private static long first(SegmentIndexes.Source source) throws IOException {
    FileChannel channel = source.file().acquire();
    try {
      BatchScanner batches = new BatchScanner(channel, 0, source.size());
      long first = batches.next() ? batches.maxTimestamp() : RecordBatch.NO_TIMESTAMP;
      return first < 0 ? Long.MAX_VALUE : first;
    } finally {
      source.file().release();
    }
  }
}
