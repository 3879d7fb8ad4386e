package io.millrace.quorum;

import io.millrace.log.FileIo;
import io.millrace.log.SystemFileIo;
import io.millrace.model.Clock;
import io.millrace.model.VoterId;
import io.millrace.quorum.state.QuorumTiming;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Set;

/**
 * What a replica of the metadata log needs to know.
 *
 * @param nodeId this node; its directory id is in the directory, see {@link DirectoryIdFile}
 * @param directory holds the log: {@code __cluster_metadata-0} in {@code metadata.log.dir}, or else
 *     in the first of {@code log.dirs}; made if it is missing
 * @param maxBytesBetweenSnapshots bytes of log after which a snapshot is wanted ({@code
 *     metadata.log.max.record.bytes.between.snapshots})
 * @param timing the rules' times and bounds
 * @param initialVoters who votes as long as neither log nor snapshot says so: those of the {@link
 *     Formation}; empty = the node joins a cluster it does not know; null = the node is alone, is
 *     the only voter, and has no others to talk to
 *     <p>Owner: immutable.
 */
public record QuorumConfig(
    int nodeId,
    Path directory,
    long maxBytesBetweenSnapshots,
    FileIo io,
    Clock clock,
    QuorumTiming timing,
    Set<VoterId> initialVoters) {
  /** Kafka's name of the log's directory. */
  public static final String DIRECTORY = "__cluster_metadata-0";

  /** Kafka's default of {@code metadata.log.max.record.bytes.between.snapshots}. */
  public static final long DEFAULT_MAX_BYTES_BETWEEN_SNAPSHOTS = 20L << 20;

  public QuorumConfig {
    Objects.requireNonNull(directory);
    Objects.requireNonNull(timing);
    initialVoters = initialVoters == null ? null : Set.copyOf(initialVoters);
    if (nodeId < 0) {
      throw new IllegalArgumentException("node id " + nodeId + " is negative");
    }
    if (maxBytesBetweenSnapshots < 1) {
      throw new IllegalArgumentException(
          "maxBytesBetweenSnapshots is " + maxBytesBetweenSnapshots + ", not at least 1");
    }
  }

  /** A node that is alone. */
  public QuorumConfig(
      int nodeId, Path directory, long maxBytesBetweenSnapshots, FileIo io, Clock clock) {
    this(nodeId, directory, maxBytesBetweenSnapshots, io, clock, QuorumTiming.DEFAULT, null);
  }

  /** Where the metadata log is in a log directory. */
  public static Path directoryIn(Path logDirectory) {
    return logDirectory.resolve(DIRECTORY);
  }

  /** A node that is alone, on the system's files and clock, with the default sizes. */
  public static QuorumConfig inLogDirectory(int nodeId, Path logDirectory) {
    return new QuorumConfig(
        nodeId,
        directoryIn(logDirectory),
        DEFAULT_MAX_BYTES_BETWEEN_SNAPSHOTS,
        SystemFileIo.INSTANCE,
        Clock.SYSTEM);
  }

  /** The same replica in a cluster that began with these voters; see {@link #initialVoters}. */
  public QuorumConfig inCluster(Set<VoterId> firstVoters) {
    return new QuorumConfig(
        nodeId, directory, maxBytesBetweenSnapshots, io, clock, timing, firstVoters);
  }

  boolean isAlone() {
    return initialVoters == null;
  }
}
