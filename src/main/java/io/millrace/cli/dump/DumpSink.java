package io.millrace.cli.dump;

import io.millrace.cli.Json;
import io.millrace.cli.OutputFormat;
import io.millrace.cli.Terminal;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Takes what is found in files, one entry a line: {@code name: value} pairs, or JSON.
 *
 * <p>Owner: the command's thread.
 */
final class DumpSink {
  private final Terminal terminal;
  private final OutputFormat format;
  private int problems;

  DumpSink(Terminal terminal, OutputFormat format) {
    this.terminal = terminal;
    this.format = format;
  }

  /** Says which file follows; JSON entries name their file themselves. */
  void heading(String text) {
    if (format == OutputFormat.TEXT) {
      terminal.out().println(terminal.bold(text));
    }
  }

  /**
   * Writes an entry.
   *
   * @param kind what it is, in JSON the field {@code type}
   * @param fields in this order; text leaves null out
   */
  void entry(String kind, Map<String, Object> fields) {
    if (format == OutputFormat.JSON) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("type", kind);
      json.putAll(fields);
      terminal.out().println(Json.line(json));
      return;
    }
    StringBuilder line = new StringBuilder(kind);
    fields.forEach(
        (name, value) -> {
          if (value != null && !name.equals("file")) {
            line.append("  ").append(name).append(": ").append(value);
          }
        });
    terminal.out().println(line.toString());
  }

  /** A line of a file that is text anyway. */
  void line(String file, String text) {
    if (format == OutputFormat.JSON) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("file", file);
      json.put("text", text);
      entry("line", json);
    } else {
      terminal.out().println(text);
    }
  }

  /** Damage: something that no healthy broker leaves behind. */
  void problem(String file, String text) {
    problems++;
    if (format == OutputFormat.JSON) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("file", file);
      json.put("problem", text);
      entry("damage", json);
    } else {
      terminal.out().println(terminal.bold("DAMAGE in " + file + ": " + text));
    }
  }

  boolean isJson() {
    return format == OutputFormat.JSON;
  }

  int problems() {
    return problems;
  }
}
