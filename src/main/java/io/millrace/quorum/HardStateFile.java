package io.millrace.quorum;

import io.millrace.log.FileIo;
import io.millrace.model.VoterId;
import io.millrace.quorum.state.HardState;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/**
 * The file {@code quorum-state}: term and vote, as lines {@code key=value}.
 *
 * <pre>
 *   version=0
 *   term=7
 *   votedFor=1
 *   votedDirectory=11111111-2222-3333-4444-555555555555   the voter's directory id; may be missing
 * </pre>
 *
 * Unknown keys are skipped, another version is refused. Replaced by rename, so that it is always
 * whole.
 *
 * <p>Owner: metadata log worker.
 */
final class HardStateFile {
  static final String NAME = "quorum-state";
  private static final String PART = NAME + ".part";
  private static final String VERSION = "0";

  private HardStateFile() {}

  /** null = there is no such file: the voter has never run. */
  static HardState read(Path directory) throws IOException {
    Path file = directory.resolve(NAME);
    if (!Files.exists(file)) {
      return null;
    }
    Map<String, String> values = new HashMap<>();
    for (String line : Files.readString(file, StandardCharsets.UTF_8).split("\n", -1)) {
      int equals = line.indexOf('=');
      if (equals > 0) {
        values.put(line.substring(0, equals), line.substring(equals + 1));
      }
    }
    if (!VERSION.equals(values.get("version"))) {
      throw new MetadataLogException(
          file + " has version " + values.get("version") + ", and only " + VERSION + " is known");
    }
    try {
      int term = Integer.parseInt(values.get("term"));
      int votedFor = Integer.parseInt(values.get("votedFor"));
      String directoryId = values.get("votedDirectory");
      if (votedFor < 0) {
        return new HardState(term, null);
      }
      return directoryId == null
          ? HardState.ofNode(term, votedFor)
          : new HardState(term, new VoterId(votedFor, UUID.fromString(directoryId)));
    } catch (IllegalArgumentException e) {
      throw new MetadataLogException(
          file + " is damaged: term is " + values.get("term") + ", votedFor " + values, e);
    }
  }

  /** On return the state is durable, whatever happens next. */
  static void write(FileIo io, Path directory, HardState state) throws IOException {
    VoterId vote = state.votedFor();
    String text =
        "version="
            + VERSION
            + "\nterm="
            + state.term()
            + "\nvotedFor="
            + (vote == null ? -1 : vote.nodeId())
            + "\n";
    if (vote != null && !vote.directoryId().equals(HardState.UNKNOWN_DIRECTORY)) {
      text += "votedDirectory=" + vote.directoryId() + "\n";
    }
    Path part = directory.resolve(PART);
    try (FileChannel channel =
        io.open(
            part,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      io.writeFully(channel, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)), 0);
      io.force(channel, true);
    }
    io.rename(part, directory.resolve(NAME));
    io.fsyncDirectory(directory);
  }
}
