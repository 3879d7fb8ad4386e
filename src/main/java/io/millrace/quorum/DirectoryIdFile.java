package io.millrace.quorum;

import io.millrace.log.AtomicFile;
import io.millrace.log.FileIo;
import io.millrace.log.MetaProperties;
import io.millrace.model.TopicId;
import io.millrace.quorum.state.HardState;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;

/**
 * The file {@code directory-id} beside the metadata log: which directory this is to the quorum. It
 * lives and dies with the log, so that whoever lost the log is another voter.
 *
 * <pre>
 *   MUqaxPZ1SPSbmSKsaxhcIg
 * </pre>
 *
 * Made together with the {@link HardStateFile}, before anything can be promised. A new one takes
 * the id of the log directory around it ({@code meta.properties}), unless that is in a cluster
 * already without a metadata log: then there was one, and it is lost. All methods block.
 *
 * <p>Owner: any thread, one at a time.
 */
public final class DirectoryIdFile {
  /** The file's name. */
  public static final String NAME = "directory-id";

  private DirectoryIdFile() {}

  /**
   * The id, which is made and durable on return if there was none.
   *
   * @param directory that of the metadata log; made if it is missing
   * @throws MetadataLogException if the file is damaged
   */
  public static UUID readOrCreate(FileIo io, Path directory) throws IOException {
    Path file = directory.resolve(NAME);
    if (Files.exists(file)) {
      String text = Files.readString(file, StandardCharsets.ISO_8859_1).strip();
      try {
        return uuid(TopicId.parse(text));
      } catch (IllegalArgumentException e) {
        throw new MetadataLogException(
            file
                + " is damaged: it is not the 22 characters of a directory id. Restore it from a"
                + " copy, or replace this voter",
            e);
      }
    }
    createDirectory(io, directory);
    boolean hasRun = MetadataFiles.haveRun(directory);
    if (HardStateFile.read(directory) == null) {
      // First, so that whoever has an id and no vote on its disk has lost that vote.
      HardStateFile.write(io, directory, HardState.INITIAL);
    }
    Optional<UUID> around =
        MetaProperties.read(directory.toAbsolutePath().getParent())
            .filter(properties -> hasRun || properties.clusterId() == null)
            .map(MetaProperties::directoryId);
    UUID id = around.orElseGet(MetaProperties::newDirectoryId);
    String text = new TopicId(id.getMostSignificantBits(), id.getLeastSignificantBits()) + "\n";
    AtomicFile.write(io, file, ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1)));
    return id;
  }

  /**
   * Makes the directory of a metadata log, durable on return. The one around it must be there: if
   * that is gone, its disk is.
   */
  static void createDirectory(FileIo io, Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      Files.createDirectory(directory);
      io.fsyncDirectory(directory.toAbsolutePath().getParent());
    }
  }

  private static UUID uuid(TopicId id) {
    return new UUID(id.mostSignificantBits(), id.leastSignificantBits());
  }
}
