package io.millrace.log;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.tools.DumpLogSegments;

/**
 * Apache Kafka's own DumpLogSegments, in this process.
 *
 * <p>Owner: the test's thread; nothing else may print meanwhile.
 */
final class DumpLog {
  /**
   * What the tool printed.
   *
   * @param err complaints; empty = the files are clean
   */
  record Output(String out, String err) {}

  private DumpLog() {}

  /** Runs the tool on one file. */
  static Output run(Path file, String... options) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("--files", file.toString()));
    arguments.addAll(List.of(options));
    PrintStream out = System.out;
    PrintStream err = System.err;
    ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
    ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
    try {
      System.setOut(new PrintStream(outBytes, true, StandardCharsets.UTF_8));
      System.setErr(new PrintStream(errBytes, true, StandardCharsets.UTF_8));
      DumpLogSegments.main(arguments.toArray(String[]::new));
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
    return new Output(
        outBytes.toString(StandardCharsets.UTF_8), errBytes.toString(StandardCharsets.UTF_8));
  }
}
