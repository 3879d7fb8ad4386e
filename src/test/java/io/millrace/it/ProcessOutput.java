package io.millrace.it;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Everything that a process (and its predecessors, when it was restarted) printed.
 *
 * <p>Owner: any thread; a thread of its own reads.
 */
final class ProcessOutput {
  private final List<String> lines = new ArrayList<>();
  private final int from;
  private final Thread reader;

  /**
   * Starts reading.
   *
   * @param before output to carry on; null = none
   */
  ProcessOutput(Process process, ProcessOutput before) {
    if (before != null) {
      lines.addAll(before.lines());
    }
    from = lines.size();
    reader = new Thread(() -> read(process), "output-" + process.pid());
    reader.setDaemon(true);
    reader.start();
  }

  private void read(Process process) {
    try (BufferedReader in =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        synchronized (lines) {
          lines.add(line);
        }
        if (Boolean.getBoolean("it.echo")) {
          System.out.println("  | " + line);
        }
      }
    } catch (IOException e) {
      // The stream of a killed process may end this way.
      synchronized (lines) {
        lines.add("(" + e.getMessage() + ")");
      }
    }
  }

  void awaitEnd() throws InterruptedException {
    reader.join(5_000);
  }

  List<String> lines() {
    synchronized (lines) {
      return List.copyOf(lines);
    }
  }

  /** The first match since the latest start. */
  Optional<Matcher> find(Pattern pattern) {
    List<String> all = lines();
    return all.subList(from, all.size()).stream()
        .map(pattern::matcher)
        .filter(Matcher::find)
        .findFirst();
  }

  String tail(int count) {
    List<String> all = lines();
    return String.join("\n", all.subList(Math.max(0, all.size() - count), all.size()));
  }
}
