package io.millrace.quorum;

import io.millrace.log.FileIo;
import io.millrace.model.VoterId;
import io.millrace.quorum.state.HardState;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;

/**
 * The file {@code quorum-state}: term and vote, a {@link KeyValueFile}.
 *
 * <pre>
 *   version=0
 *   term=7
 *   votedFor=1
 *   votedDirectory=11111111-2222-3333-4444-555555555555   the voter's directory id; may be missing
 * </pre>
 *
 * <p>Owner: metadata log worker.
 */
final class HardStateFile {
  static final String NAME = "quorum-state";
  private static final String TERM = "term";
  private static final String VOTED_FOR = "votedFor";
  private static final String VOTED_DIRECTORY = "votedDirectory";

  private HardStateFile() {}

  /** null = there is no such file: the voter has never run. */
  static HardState read(Path directory) throws IOException {
    Path file = directory.resolve(NAME);
    Map<String, String> values = KeyValueFile.read(file);
    if (values == null) {
      return null;
    }
    try {
      int term = Integer.parseInt(values.get(TERM));
      int votedFor = Integer.parseInt(values.get(VOTED_FOR));
      String directoryId = values.get(VOTED_DIRECTORY);
      if (votedFor < 0) {
        return new HardState(term, null);
      }
      return directoryId == null
          ? HardState.ofNode(term, votedFor)
          : new HardState(term, new VoterId(votedFor, UUID.fromString(directoryId)));
    } catch (IllegalArgumentException e) {
      throw new MetadataLogException(
          file
              + " is damaged: term is "
              + values.get(TERM)
              + ", votedFor "
              + values.get(VOTED_FOR)
              + ", votedDirectory "
              + values.get(VOTED_DIRECTORY),
          e);
    }
  }

  /** On return the state is durable, whatever happens next. */
  static void write(FileIo io, Path directory, HardState state) throws IOException {
    VoterId vote = state.votedFor();
    Map<String, String> values = new LinkedHashMap<>();
    values.put(TERM, Integer.toString(state.term()));
    values.put(VOTED_FOR, Integer.toString(vote == null ? -1 : vote.nodeId()));
    if (vote != null && !vote.directoryId().equals(HardState.UNKNOWN_DIRECTORY)) {
      values.put(VOTED_DIRECTORY, vote.directoryId().toString());
    }
    KeyValueFile.write(io, directory.resolve(NAME), values);
  }
}
