package io.millrace.cli.bench;

import io.millrace.cli.Json;
import io.millrace.cli.OutputFormat;
import io.millrace.cli.Terminal;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * What a measurement found.
 *
 * @param name which measurement
 * @param records how many
 * @param bytes of keys and values
 * @param nanos how long it took
 * @param latencies by name of what was measured
 *     <p>Owner: immutable.
 */
record BenchResult(
    String name, long records, long bytes, long nanos, Map<String, Latencies> latencies) {

  double recordsPerSecond() {
    return records / (nanos / 1e9);
  }

  double mebibytesPerSecond() {
    return bytes / (nanos / 1e9) / (1 << 20);
  }

  void print(Terminal terminal, OutputFormat format) {
    if (format == OutputFormat.JSON) {
      terminal.out().println(Json.line(json()));
      return;
    }
    terminal
        .out()
        .println(
            String.format(
                Locale.ROOT,
                "%s  %,d records in %.2f s:  %s  %.1f MiB/s",
                terminal.bold(name),
                records,
                nanos / 1e9,
                terminal.bold(String.format(Locale.ROOT, "%,.0f records/s", recordsPerSecond())),
                mebibytesPerSecond()));
    latencies.forEach(
        (what, measured) -> {
          if (!measured.isEmpty()) {
            StringBuilder line = new StringBuilder("  ").append(what).append(" (µs)");
            if (measured.isSingle()) {
              long micros = measured.figures().get("max");
              terminal.out().println(line + String.format(Locale.ROOT, "  %,d", micros));
              return;
            }
            measured
                .figures()
                .forEach(
                    (figure, micros) ->
                        line.append(String.format(Locale.ROOT, "  %s %,d", figure, micros)));
            terminal.out().println(line.toString());
          }
        });
  }

  private Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("benchmark", name);
    json.put("records", records);
    json.put("bytes", bytes);
    json.put("seconds", nanos / 1e9);
    json.put("recordsPerSecond", recordsPerSecond());
    json.put("mebibytesPerSecond", mebibytesPerSecond());
    latencies.forEach(
        (what, measured) -> {
          if (!measured.isEmpty()) {
            json.put(what.replace(' ', '_') + "_us", measured.figures());
          }
        });
    return json;
  }
}
