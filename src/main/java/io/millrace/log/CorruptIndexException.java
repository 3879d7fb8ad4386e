package io.millrace.log;

import java.io.IOException;
import java.nio.file.Path;

/**
 * An index file whose content cannot be right; it is to be rebuilt from its segment.
 *
 * <p>Owner: immutable.
 */
final class CorruptIndexException extends IOException {
  private static final long serialVersionUID = 1L;

  CorruptIndexException(Path file, String reason) {
    super("Index file " + file + " is corrupt: " + reason);
  }
}
