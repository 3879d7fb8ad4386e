package io.millrace.cli.dump;

import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the small text files: checkpoints (version, count, then lines of fields) and properties.
 *
 * <p>Owner: the command's thread.
 */
final class TextDump {
  private final DumpSink sink;

  TextDump(DumpSink sink) {
    this.sink = sink;
  }

  /** A checkpoint whose lines have the given fields. */
  void dumpCheckpoint(Path file, String... names) throws IOException {
    List<String> lines = lines(file);
    if (lines == null) {
      return;
    }
    if (lines.size() < 2 || !lines.get(0).equals("0")) {
      sink.problem(file.toString(), "it does not start with version 0 and a count");
      return;
    }
    List<String> body = lines.subList(2, lines.size());
    for (String line : body) {
      // Names of topics have no blanks.
      String[] parts = line.strip().split("\\s+", -1);
      if (parts.length != names.length) {
        sink.problem(file.toString(), "malformed line: " + line);
        continue;
      }
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("file", file.toString());
      for (int i = 0; i < names.length; i++) {
        fields.put(names[i], names[i].equals("topic") ? parts[i] : number(parts[i]));
      }
      sink.entry("checkpoint", fields);
    }
    if (!lines.get(1).equals(String.valueOf(body.size()))) {
      sink.problem(file.toString(), "it says " + lines.get(1) + " lines, but has " + body.size());
    }
  }

  /** Any other text, line by line. */
  void dumpLines(Path file) throws IOException {
    List<String> lines = lines(file);
    if (lines == null) {
      return;
    }
    for (String line : lines) {
      sink.line(file.toString(), line);
    }
  }

  private List<String> lines(Path file) throws IOException {
    try {
      return Files.readAllLines(file);
    } catch (MalformedInputException e) {
      sink.problem(file.toString(), "it is not text");
      return null;
    }
  }

  private static Object number(String text) {
    try {
      return Long.valueOf(text);
    } catch (NumberFormatException e) {
      return text;
    }
  }
}
