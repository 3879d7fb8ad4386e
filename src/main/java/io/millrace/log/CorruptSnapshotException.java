package io.millrace.log;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A producer snapshot that cannot be used; an older one, or the log itself, has to do.
 *
 * <p>Owner: immutable.
 */
final class CorruptSnapshotException extends IOException {
  private static final long serialVersionUID = 1L;

  CorruptSnapshotException(Path file, String reason) {
    super("Producer snapshot " + file + " is corrupt: " + reason);
  }
}
