package io.millrace.log;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * {@code .millrace_boot} in a log directory: the boot of the machine in which its logs were last
 * known to be whole, or in which those who read them know what may be missing. While the machine
 * runs, its page cache keeps what a killed process has written; after another boot a tail that was
 * not synced may be gone.
 *
 * <p>Invariant: it never names a boot that began after a loss that nobody was told of. That it
 * names an older one, or is not there, only costs.
 *
 * <p>Owner: any thread, one at a time per directory; blocks.
 */
final class BootMark {
  static final String FILE = ".millrace_boot";

  private BootMark() {}

  /** The boot id in the file; empty = none, or it cannot be read. */
  static Optional<String> read(Path logDirectory) {
    try {
      byte[] id = Files.readAllBytes(logDirectory.resolve(FILE));
      return Optional.of(new String(id, StandardCharsets.UTF_8));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Writes the file; durable on return. */
  static void write(FileIo io, Path logDirectory, String bootId) throws IOException {
    AtomicFile.write(io, logDirectory.resolve(FILE), StandardCharsets.UTF_8.encode(bootId));
  }

  /** Deletes the file: a disk that failed may have dropped pages although the machine goes on. */
  static void delete(FileIo io, Path logDirectory) throws IOException {
    io.delete(logDirectory.resolve(FILE));
  }
}
