package io.millrace.log;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;

/**
 * Kafka's text form of a list: a line with the version (0), one with the number of entries, then
 * each entry in a line of its own.
 *
 * <p>Owner: immutable.
 *
 * @param <T> an entry
 */
final class TextCheckpoint<T> {
  private static final String VERSION = "0";

  private final String allowed;
  private final Function<T, String> toLine;
  private final Function<String[], T> fromWords;

  /**
   * A format.
   *
   * @param allowed what a line holds, for messages
   * @param fromWords parses the words of a line; null or NumberFormatException = malformed
   */
  TextCheckpoint(String allowed, Function<T, String> toLine, Function<String[], T> fromWords) {
    this.allowed = allowed;
    this.toLine = toLine;
    this.fromWords = fromWords;
  }

  byte[] encode(Collection<T> entries) {
    StringBuilder text = new StringBuilder(16 + entries.size() * 32);
    text.append(VERSION).append('\n').append(entries.size()).append('\n');
    for (T entry : entries) {
      text.append(toLine.apply(entry)).append('\n');
    }
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Reads the file; blocks.
   *
   * @return empty if the file is (Kafka creates it so)
   * @throws MalformedFileException if the file has another form
   * @throws java.nio.file.NoSuchFileException if there is none
   */
  List<T> read(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    if (bytes.length == 0) {
      return List.of();
    }
    List<String> lines = new String(bytes, StandardCharsets.UTF_8).lines().toList();
    if (!lines.get(0).equals(VERSION)) {
      throw new MalformedFileException(file, 1, lines.get(0), "version " + VERSION);
    }
    int count = count(file, lines);
    List<T> entries = new ArrayList<>(lines.size());
    for (int i = 2; i < lines.size(); i++) {
      entries.add(entry(file, i + 1, lines.get(i)));
    }
    if (entries.size() != count) {
      throw new MalformedFileException(
          file, 2, lines.get(1), "the number of entries, which is " + entries.size());
    }
    return entries;
  }

  private static int count(Path file, List<String> lines) throws MalformedFileException {
    String line = lines.size() > 1 ? lines.get(1) : null;
    try {
      if (line != null) {
        return Integer.parseInt(line);
      }
    } catch (NumberFormatException e) {
      // Not a number: said below.
    }
    throw new MalformedFileException(file, 2, line, "the number of entries");
  }

  private T entry(Path file, int number, String line) throws MalformedFileException {
    try {
      T entry = fromWords.apply(line.strip().split("\\s+", -1));
      if (entry != null) {
        return entry;
      }
    } catch (NumberFormatException e) {
      // A word that should be a number: said below.
    }
    throw new MalformedFileException(file, number, line, allowed);
  }
}
