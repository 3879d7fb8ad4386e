package io.millrace.quorum;

import io.millrace.log.AtomicFile;
import io.millrace.log.FileIo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * A small file beside the metadata log: lines {@code key=value}, the first of which is {@code
 * version=0}. Unknown keys are skipped, another version is refused. Replaced as a whole. All
 * methods block.
 *
 * <p>Owner: any thread, one at a time per file.
 */
final class KeyValueFile {
  private static final String VERSION_KEY = "version";
  private static final String VERSION = "0";

  private KeyValueFile() {}

  /**
   * The values by their keys; null = there is no such file.
   *
   * @throws MetadataLogException if it is of another version, or none of these files
   */
  static Map<String, String> read(Path file) throws IOException {
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
    String version = values.remove(VERSION_KEY);
    if (!VERSION.equals(version)) {
      throw new MetadataLogException(
          file + " has version " + version + ", and only " + VERSION + " is known");
    }
    return values;
  }

  /** Durable on return; the lines are in the order of the map. */
  static void write(FileIo io, Path file, Map<String, String> values) throws IOException {
    StringBuilder text = new StringBuilder(VERSION_KEY + "=" + VERSION + "\n");
    values.forEach((key, value) -> text.append(key).append('=').append(value).append('\n'));
    AtomicFile.write(io, file, ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.UTF_8)));
  }
}
