package io.millrace.server;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Which boot of the machine this is: another id after each start of its kernel. Tests let a machine
 * crash by a file of their own, {@code -Dmillrace.boot.id.file=…}.
 *
 * <p>Owner: any thread; blocks.
 */
final class BootId {
  /** For tests: the file with the id. */
  static final String FILE_PROPERTY = "millrace.boot.id.file";

  private static final String LINUX = "/proc/sys/kernel/random/boot_id";

  private BootId() {}

  /** Empty = this system does not say: then every unclean stop counts as one of the machine. */
  static Optional<String> current() {
    try {
      String id =
          new String(
              Files.readAllBytes(Path.of(System.getProperty(FILE_PROPERTY, LINUX))),
              StandardCharsets.UTF_8);
      return Optional.of(id.strip()).filter(known -> !known.isEmpty());
    } catch (IOException | InvalidPathException e) {
      return Optional.empty();
    }
  }
}
