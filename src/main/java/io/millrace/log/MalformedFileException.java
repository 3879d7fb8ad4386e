package io.millrace.log;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A small text file in a log directory that holds something else than it should. The message names
 * file and line, shows what is there and says what is allowed.
 *
 * <p>Owner: immutable.
 */
public final class MalformedFileException extends IOException {
  private static final long serialVersionUID = 1L;
  private static final int SHOWN = 100;

  /**
   * A file with a wrong line.
   *
   * @param line number of the line from 1 on
   * @param found the line; null = the file ends before it
   * @param allowed what the line should be, in a few words
   */
  MalformedFileException(Path file, int line, String found, String allowed) {
    super("%s, line %d: %s; allowed is %s".formatted(file, line, shown(found), allowed));
  }

  /** A file that lacks something or is wrong as a whole. */
  MalformedFileException(Path file, String found, String allowed) {
    super("%s: %s; allowed is %s".formatted(file, found, allowed));
  }

  private static String shown(String found) {
    if (found == null) {
      return "the file ends";
    }
    return found.length() <= SHOWN ? "'" + found + "'" : "'" + found.substring(0, SHOWN) + "…'";
  }
}
