package io.millrace.quorum;

import io.millrace.quorum.state.HardState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a node has to know of its metadata log before it opens it.
 *
 * <p>Owner: any thread, one at a time.
 */
public final class MetadataFiles {
  private MetadataFiles() {}

  /**
   * Whether a replica of the metadata log has run in this directory: it has been in a term. Blocks.
   *
   * @param directory that of the metadata log
   */
  public static boolean haveRun(Path directory) throws IOException {
    HardState state = HardStateFile.read(directory);
    return state != null && state.term() > 0;
  }

  /**
   * Whether there is anything of a metadata log in this directory. Blocks.
   *
   * @param directory that of the metadata log
   */
  public static boolean exist(Path directory) {
    return Files.exists(directory.resolve(DirectoryIdFile.NAME))
        || Files.exists(directory.resolve(HardStateFile.NAME));
  }
}
