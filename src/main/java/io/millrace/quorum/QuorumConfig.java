package io.millrace.quorum;

import io.millrace.log.FileIo;
import io.millrace.log.SystemFileIo;
import io.millrace.model.Clock;
import java.nio.file.Path;
import java.util.Objects;

/**
 * What a voter needs to know.
 *
 * @param nodeId this voter
 * @param directory holds the log: {@code __cluster_metadata-0} in {@code metadata.log.dir}, or else
 *     in the first of {@code log.dirs}; made if it is missing
 * @param maxBytesBetweenSnapshots bytes of log after which a snapshot is wanted ({@code
 *     metadata.log.max.record.bytes.between.snapshots})
 *     <p>Owner: immutable.
 */
public record QuorumConfig(
    int nodeId, Path directory, long maxBytesBetweenSnapshots, FileIo io, Clock clock) {
  /** Kafka's name of the log's directory. */
  public static final String DIRECTORY = "__cluster_metadata-0";

  /** Kafka's default of {@code metadata.log.max.record.bytes.between.snapshots}. */
  public static final long DEFAULT_MAX_BYTES_BETWEEN_SNAPSHOTS = 20L << 20;

  public QuorumConfig {
    Objects.requireNonNull(directory);
    if (nodeId < 0) {
      throw new IllegalArgumentException("node id " + nodeId + " is negative");
    }
    if (maxBytesBetweenSnapshots < 1) {
      throw new IllegalArgumentException(
          "maxBytesBetweenSnapshots is " + maxBytesBetweenSnapshots + ", not at least 1");
    }
  }

  /** A voter on the system's files and clock, with the default sizes. */
  public static QuorumConfig inLogDirectory(int nodeId, Path logDirectory) {
    return new QuorumConfig(
        nodeId,
        logDirectory.resolve(DIRECTORY),
        DEFAULT_MAX_BYTES_BETWEEN_SNAPSHOTS,
        SystemFileIo.INSTANCE,
        Clock.SYSTEM);
  }
}
