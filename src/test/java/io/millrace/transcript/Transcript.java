package io.millrace.transcript;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/**
 * A file with commands, and below each what came of it. A line {@code set} at the top gives the
 * settings.
 *
 * <p>After a change on purpose, {@code -Dtranscripts.rewrite=true} writes the files anew, to be
 * read as a diff.
 */
public abstract class Transcript {
  private final StringBuilder out = new StringBuilder();
  private boolean configured;

  /** A test for each file of a folder; each is run by a transcript of its own. */
  public static Stream<DynamicTest> tests(Path folder, Supplier<Transcript> runs)
      throws IOException {
    List<Path> files;
    try (Stream<Path> list = Files.list(folder)) {
      files = list.filter(file -> file.toString().endsWith(".txt")).sorted().toList();
    }
    assertThat(files).isNotEmpty();
    return files.stream()
        .map(
            file ->
                DynamicTest.dynamicTest(
                    file.getFileName().toString(), () -> check(file, runs.get())));
  }

  private static void check(Path file, Transcript run) throws IOException {
    String expected = Files.readString(file);
    String actual = run.all(expected);
    if (Boolean.getBoolean("transcripts.rewrite")) {
      Files.writeString(file, actual);
    }
    assertThat(actual).isEqualTo(expected);
  }

  private String all(String text) {
    boolean result = false;
    for (String line : text.split("\n", -1)) {
      if (line.isEmpty()) {
        result = false;
      } else if (line.startsWith("#")) {
        out.append(line).append('\n');
      } else if (line.startsWith("set ")) {
        out.append(line).append("\n\n");
        begin(words(line));
      } else if (line.equals("----")) {
        result = true;
      } else if (!result) {
        out.append(line).append("\n----\n");
        if (!configured) {
          begin(Map.of());
        }
        command(line, words(line));
        out.append('\n');
      }
    }
    return out.toString();
  }

  private void begin(Map<String, String> with) {
    configured = true;
    configure(with);
  }

  private static Map<String, String> words(String line) {
    Map<String, String> words = new HashMap<>();
    for (String word : line.split(" ", -1)) {
      int at = word.indexOf('=');
      if (at > 0) {
        words.put(word.substring(0, at), word.substring(at + 1));
      }
    }
    return words;
  }

  /** Begins with these settings. */
  protected abstract void configure(Map<String, String> with);

  /**
   * Carries a command out, and writes what came of it.
   *
   * @param with the words of the form key=value
   */
  protected abstract void command(String line, Map<String, String> with);

  /** What has come of it so far. */
  protected final StringBuilder out() {
    return out;
  }

  protected static int number(Map<String, String> words, String name, int otherwise) {
    return Integer.parseInt(words.getOrDefault(name, Integer.toString(otherwise)));
  }
}
