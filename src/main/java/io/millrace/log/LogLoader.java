package io.millrace.log;

import io.millrace.model.TopicId;
import io.millrace.model.TopicIdPartition;
import io.millrace.record.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Creates or loads one log. Blocks.
 *
 * <p>Creating is one directory and one small file, and nothing is fsynced: until a batch is made
 * durable there is nothing to lose, and the ids in {@code partition.metadata} are those of the
 * metadata log, which is the truth. The first fsync of a batch covers the names as well.
 *
 * <p>Owner: log directory worker.
 */
final class LogLoader {
  private static final Logger LOG = LoggerFactory.getLogger(LogLoader.class);
  private static final String METADATA_FILE = "partition.metadata";

  private final LogDirectory directory;
  private final TopicIdPartition id;
  private final LogConfig config;
  private final Path path;

  LogLoader(LogDirectory directory, TopicIdPartition id, LogConfig config) {
    this.directory = directory;
    this.id = id;
    this.config = config;
    this.path = directory.path().resolve(id.toString());
  }

  LoadedLog load() throws IOException {
    if (directory.failure() != null) {
      throw directory.failure();
    }
    if (directory.holds(id.topicPartition()) && !removeIfOther()) {
      return loadFiles();
    }
    Files.createDirectory(path);
    writeMetadata();
    directory.onCreated(id.topicPartition());
    return new LoadedLog(
        path, config, List.of(), 0, 0, 0, new LeaderEpochCache(), new ProducerStateTable());
  }

  private void writeMetadata() throws IOException {
    Files.writeString(path.resolve(METADATA_FILE), "version: 0\ntopic_id: " + id.topicId() + "\n");
  }

  /** Puts a log aside that belongs to an earlier topic of this name. */
  private boolean removeIfOther() throws IOException {
    Path file = path.resolve(METADATA_FILE);
    TopicId found = null;
    if (Files.exists(file)) {
      for (String line : Files.readAllLines(file, StandardCharsets.ISO_8859_1)) {
        if (line.startsWith("topic_id: ")) {
          try {
            found = TopicId.parse(line.substring("topic_id: ".length()).trim());
          } catch (IllegalArgumentException e) {
            LOG.warn("{} is damaged: {}", file, e.getMessage());
          }
        }
      }
    }
    if (found == null) {
      // Lost with the page cache: written again.
      writeMetadata();
      return false;
    }
    if (found.equals(id.topicId())) {
      return false;
    }
    LOG.warn("{} belongs to topic id {}, not {}: it is removed", path, found, id.topicId());
    directory.removeLog(id.topicPartition(), path, config.fileDeleteDelayMs());
    return true;
  }

  private LoadedLog loadFiles() throws IOException {
    SortedMap<Long, Long> sizes = new TreeMap<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(path)) {
      for (Path file : files) {
        String name = file.getFileName().toString();
        long offset = SegmentNames.offset(name, SegmentNames.LOG);
        if (offset >= 0) {
          sizes.put(offset, Files.size(file));
        } else if (name.endsWith(SegmentNames.DELETED)) {
          directory.io().delete(file);
        }
      }
    }
    return recover(sizes);
  }

  private LoadedLog recover(SortedMap<Long, Long> sizes) throws IOException {
    List<Segment> segments = new ArrayList<>();
    long[] end = {sizes.isEmpty() ? 0 : sizes.firstKey()};
    LeaderEpochCache epochs = new LeaderEpochCache();
    ProducerStateTable producers = new ProducerStateTable();
    boolean cut = false;
    for (var entry : sizes.entrySet()) {
      long base = entry.getKey();
      Path log = SegmentNames.file(path, base, SegmentNames.LOG);
      if (cut) {
        directory.io().rename(log, Path.of(log + SegmentNames.DELETED));
        continue;
      }
      Segment segment =
          Segment.empty(base, new SegmentFile(directory.channels(), log), directory.nowMs());
      FileChannel channel = segment.file().acquire();
      try {
        RecoveryScan scan = new RecoveryScan(channel, entry.getValue());
        long good =
            scan.run(
                0,
                base,
                base,
                (buffer, at, position) -> {
                  segment.onBatch(
                      RecordBatch.baseOffset(buffer, at),
                      RecordBatch.lastOffset(buffer, at),
                      RecordBatch.sizeInBytes(buffer, at),
                      RecordBatch.maxTimestamp(buffer, at),
                      config.indexIntervalBytes(),
                      false);
                  replay(buffer, at, epochs, producers);
                });
        if (scan.trouble() != null) {
          LOG.warn("{}: cut at {} of {} bytes: {}", log, good, entry.getValue(), scan.trouble());
          directory.io().truncate(channel, good);
          cut = true;
        }
      } finally {
        segment.file().release();
      }
      end[0] = Math.max(base, segment.endOffset());
      segments.add(segment);
    }
    long start = sizes.isEmpty() ? 0 : sizes.firstKey();
    return new LoadedLog(path, config, segments, start, start, end[0], epochs, producers);
  }

  private static void replay(
      ByteBuffer buffer, int at, LeaderEpochCache epochs, ProducerStateTable producers) {
    int epoch = RecordBatch.leaderEpoch(buffer, at);
    if (epoch > epochs.latestEpoch()) {
      epochs.assign(epoch, RecordBatch.baseOffset(buffer, at));
    }
    if (RecordBatch.hasProducerId(buffer, at) && RecordBatch.baseSequence(buffer, at) >= 0) {
      producers.replay(
          RecordBatch.producerId(buffer, at),
          RecordBatch.producerEpoch(buffer, at),
          RecordBatch.baseSequence(buffer, at),
          RecordBatch.baseOffset(buffer, at),
          RecordBatch.lastOffsetDelta(buffer, at),
          RecordBatch.maxTimestamp(buffer, at));
    }
  }
}
