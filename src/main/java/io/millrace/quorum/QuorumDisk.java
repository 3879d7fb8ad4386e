package io.millrace.quorum;

import io.millrace.log.OpenedDirectory;
import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.MetadataRecord.Voters;
import io.millrace.model.VoterId;
import io.millrace.quorum.state.Entry;
import io.millrace.quorum.state.Ready;
import io.millrace.quorum.state.SnapshotId;
import io.millrace.quorum.state.Stored;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does on the disk what the rules ask for. All methods block.
 *
 * <p>Owner: metadata log worker.
 */
final class QuorumDisk {
  private static final Logger LOG = LoggerFactory.getLogger(QuorumDisk.class);

  /** Of a damaged voter: what it reads as a learner, anew in each run. */
  static final String OBSERVER = "observer";

  /** Bytes of a snapshot that are read at a time. */
  static final int MAX_READ_BYTES = 1 << 20;

  /**
   * A replica that is ready to run.
   *
   * @param snapshotRecords null = there is no snapshot
   * @param problem null = the voter is well; else it was left as it is, and this replica is another
   */
  record Opened(
      QuorumDisk disk,
      VoterId self,
      Stored stored,
      List<MetadataRecord> snapshotRecords,
      String problem) {}

  /**
   * What a write came to.
   *
   * @param installed records of a snapshot that has taken the place of the log; null = none has
   * @param refused whether a snapshot arrived that is not whole
   * @param endOffset end (exclusive) of the log on the disk
   * @param failure null = it succeeded
   */
  record Written(
      List<MetadataRecord> installed,
      boolean refused,
      boolean snapshotWanted,
      long endOffset,
      AppendFailure failure) {}

  private final QuorumConfig config;
  private final MetadataLog log;

  /** Invariant: what is said to be written is where the next start looks for it. */
  private final OpenedDirectory place;

  /** No snapshot is wanted before the log has this many bytes. */
  private long snapshotAtBytes;

  private QuorumDisk(QuorumConfig config, MetadataLog log, OpenedDirectory place) {
    this.config = config;
    this.log = log;
    this.place = place;
    this.snapshotAtBytes = config.maxBytesBetweenSnapshots();
  }

  /**
   * Opens what is there. In a cluster, a voter whose log is damaged leaves it alone and becomes a
   * learner with an empty log and an id that is nobody's: it follows, and whatever it says counts
   * for nothing.
   *
   * @throws MetadataLogException if the log is damaged and the node is alone
   */
  static Opened open(QuorumConfig config) throws IOException {
    try {
      return openVoter(config);
    } catch (MetadataLogException damaged) {
      if (config.isAlone()) {
        throw new MetadataLogException(
            damaged.getMessage()
                + ". There is no other copy, so this node does not start: restore what is damaged"
                + " from a backup",
            damaged);
      }
      String problem = withoutVote(damaged, config);
      LOG.error("{}", problem, damaged);
      return openObserver(config, problem);
    }
  }

  /** For the log and for {@link QuorumView#problem}: what is wrong, what follows, what to do. */
  private static String withoutVote(MetadataLogException damaged, QuorumConfig config) {
    return damaged.getMessage()
        + ". This node does not vote, and follows the metadata quorum as a learner. To make it a"
        + " voter again, remove the voter "
        + config.nodeId()
        + " from the quorum, delete "
        + config.directory()
        + " and start the node";
  }

  private static Opened openVoter(QuorumConfig config) throws IOException {
    Path directory = config.directory();
    UUID directoryId = DirectoryIdFile.readOrCreate(config.io(), directory);
    LogContent content = LogContent.read(directory, config.io());
    if (HardStateFile.read(directory) == null) {
      throw new MetadataLogException(
          "Metadata log "
              + directory
              + " has been in use, but "
              + HardStateFile.NAME
              + " is missing: this voter could vote twice in a term");
    }
    if (content.rememberedEnd() > content.endOffset()) {
      String gone =
          "Metadata log "
              + directory
              + " ends at offset "
              + content.endOffset()
              + ", but it was committed up to "
              + content.rememberedEnd()
              + ": its end is damaged or missing";
      if (!config.isAlone()) {
        throw new MetadataLogException(gone);
      }
      LOG.error("{}. There is no other copy, so the node goes on without it", gone);
    }
    VoterId self = new VoterId(config.nodeId(), directoryId);
    Set<VoterId> first = config.isAlone() ? Set.of(self) : config.initialVoters();
    return opened(config, directory, content, self, first, null);
  }

  private static Opened openObserver(QuorumConfig config, String problem) throws IOException {
    Path directory = config.directory().resolve(OBSERVER);
    if (Files.isDirectory(directory)) {
      try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
        for (Path file : files) {
          config.io().delete(file);
        }
      }
    }
    LogContent content = LogContent.read(directory, config.io());
    VoterId self = new VoterId(config.nodeId(), UUID.randomUUID());
    return opened(config, directory, content, self, config.initialVoters(), problem);
  }

  private static Opened opened(
      QuorumConfig config,
      Path directory,
      LogContent content,
      VoterId self,
      Set<VoterId> firstVoters,
      String problem)
      throws IOException {
    OpenedDirectory place = OpenedDirectory.of(directory);
    MetadataLog log = MetadataLog.open(directory, config.io(), content);
    SnapshotFile snapshot = content.snapshot();
    Stored stored =
        new Stored(
            content.hardState(),
            snapshot == null
                ? SnapshotId.NONE
                : new SnapshotId(snapshot.endOffset(), snapshot.term()),
            votersIn(content.snapshotRecords()),
            content.entries(),
            content.committedEnd(),
            firstVoters);
    return new Opened(
        new QuorumDisk(config, log, place),
        self,
        stored,
        snapshot == null ? null : content.snapshotRecords(),
        problem);
  }

  /** The voters that the last of these records says; empty = none does. */
  static Set<VoterId> votersIn(List<MetadataRecord> records) {
    for (int i = records.size() - 1; i >= 0; i--) {
      if (records.get(i) instanceof Voters voters) {
        return voters.voters();
      }
    }
    return Set.of();
  }

  /** Does all of it, durably; {@code committedEnd} is remembered by the way. */
  Written write(Ready.Write write, long committedEnd) {
    List<MetadataRecord> installed = null;
    boolean refused = false;
    try {
      checkPlace();
      log.onCommitted(committedEnd);
      if (write.hardState() != null) {
        log.persist(write.hardState());
      }
      Ready.Chunk chunk = write.chunk();
      if (chunk != null) {
        log.receive(chunk.snapshot(), chunk.position(), chunk.data().duplicate());
        if (chunk.last()) {
          installed = log.install();
          refused = installed == null;
          snapshotAtBytes = config.maxBytesBetweenSnapshots();
        }
      }
      if (write.truncateTo() >= 0) {
        log.truncateTo(write.truncateTo());
      }
      log.append(write.append(), config.clock().wallMs());
      boolean snapshotWanted = rollIfGrown();
      checkPlace();
      return new Written(installed, refused, snapshotWanted, log.endOffset(), null);
    } catch (AppendFailure e) {
      return new Written(null, false, false, log.endOffset(), e);
    }
  }

  private void checkPlace() throws AppendFailure {
    try {
      place.check();
    } catch (IOException e) {
      throw new AppendFailure("The metadata log cannot be written: " + e.getMessage(), false, e);
    }
  }

  private boolean rollIfGrown() throws AppendFailure {
    long bytes = log.bytesSinceSnapshot();
    if (bytes <= snapshotAtBytes) {
      return false;
    }
    // Not again before as much has come, should this snapshot fail.
    snapshotAtBytes = bytes + config.maxBytesBetweenSnapshots();
    return log.roll();
  }

  /** Writes down what is committed; in no other directory. */
  void remember(long committedEnd) throws IOException {
    place.check();
    log.onCommitted(committedEnd);
    log.rememberCommitted();
  }

  List<Entry> read(Ready.LogRead read) throws IOException {
    return log.read(read.fromOffset(), read.toOffset(), read.maxBytes());
  }

  /** null = that snapshot is gone, or ends before the position. */
  SnapshotSource.Piece read(Ready.SnapshotRead read) throws IOException {
    return log.readSnapshot(read.snapshot(), read.position(), MAX_READ_BYTES);
  }

  /**
   * Writes a snapshot; durable on return.
   *
   * @return false = there is a newer one already
   */
  boolean snapshot(long lastOffset, List<MetadataRecord> records) throws IOException {
    place.check();
    if (!log.snapshot(lastOffset, records, config.clock().wallMs())) {
      return false;
    }
    snapshotAtBytes = config.maxBytesBetweenSnapshots();
    return true;
  }

  void close() throws IOException {
    log.close();
  }
}
