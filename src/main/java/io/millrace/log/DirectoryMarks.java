package io.millrace.log;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the small files of a log directory say of it: whom it belongs to ({@link MetaProperties}),
 * how the last process left it ({@link CleanShutdownFile}), and in which boot of the machine its
 * logs are known to be whole ({@link BootMark}).
 *
 * <p>Owner: any thread; what touches the disk is for workers.
 */
final class DirectoryMarks {
  private static final Logger LOG = LoggerFactory.getLogger(DirectoryMarks.class);

  private final Path directory;
  private final FileIo io;
  private final boolean clean;
  private final OptionalLong previousEpoch;
  private final Optional<String> lastBoot;

  // Invariant: what meta.properties says, if anybody has claimed the directory.
  private volatile DirectoryIdentity identity;

  // Invariant: once it is set, no boot is noted any more. Guarded by this.
  private boolean bootForgotten;

  private DirectoryMarks(Path directory, FileIo io) throws IOException {
    this.directory = directory;
    this.io = io;
    identity =
        MetaProperties.read(directory)
            .map(DirectoryIdentity::of)
            .orElseGet(DirectoryIdentity::fresh);
    clean = CleanShutdownFile.exists(directory);
    previousEpoch = CleanShutdownFile.brokerEpoch(directory);
    lastBoot = BootMark.read(directory);
  }

  /**
   * Reads them all. Blocks.
   *
   * @throws MalformedFileException if nobody can tell whose directory it is
   */
  static DirectoryMarks read(Path directory, FileIo io) throws IOException {
    return new DirectoryMarks(directory, io);
  }

  /**
   * The directory is about to be used: from now on a crash is no stop in order. Durable on return.
   */
  void onOpening() throws IOException {
    CleanShutdownFile.delete(io, directory);
  }

  /**
   * All logs are closed, and everything of them is durable. Durable on return.
   *
   * @param brokerEpoch of this node's last registration; -1 = it had none
   */
  void onClosedInOrder(long brokerEpoch) throws IOException {
    CleanShutdownFile.write(io, directory, brokerEpoch);
  }

  /** See {@link LogDirectory#clean}. */
  boolean clean() {
    return clean;
  }

  /** See {@link LogDirectory#previousEpoch}. */
  OptionalLong previousEpoch() {
    return previousEpoch;
  }

  DirectoryIdentity identity() {
    return identity;
  }

  /** See {@link LogDirectory#identify}. Durable on return. */
  synchronized void claim(String clusterId, int nodeId) throws IOException {
    MetaProperties claimed = identity.claimedBy(clusterId, nodeId, directory);
    DirectoryIdentity claim = DirectoryIdentity.of(claimed);
    if (!identity.equals(claim)) {
      claimed.write(io, directory);
      identity = claim;
    }
  }

  /** See {@link LogDirectory#isWhole}. */
  boolean isWhole(Optional<String> bootId) {
    return clean || (bootId.isPresent() && bootId.equals(lastBoot));
  }

  /** See {@link LogDirectory#noteBoot}. Durable on return. */
  synchronized void noteBoot(String bootId) throws IOException {
    if (!bootForgotten) {
      BootMark.write(io, directory, bootId);
    }
  }

  /** The disk failed, and may have dropped what was written in this boot. */
  synchronized void forgetBoot() {
    bootForgotten = true;
    try {
      BootMark.delete(io, directory);
    } catch (IOException e) {
      LOG.warn("{} still says that its logs are whole: {}", directory, e.getMessage());
    }
  }
}
