package io.millrace.cli;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * The three standard streams of a command and what is behind them.
 *
 * @param in standard input
 * @param out results
 * @param err messages and progress
 * @param outIsTerminal whether a person sees {@code out} directly
 * @param errIsTerminal whether a person sees {@code err} directly
 * @param ansi whether to colour
 *     <p>Owner: the command's thread.
 */
public record Terminal(
    InputStream in,
    Output out,
    PrintWriter err,
    boolean outIsTerminal,
    boolean errIsTerminal,
    boolean ansi) {

  /** The streams of this process. Colours: on a terminal, unless NO_COLOR or TERM=dumb is set. */
  static Terminal ofProcess(Map<String, String> environment) {
    boolean outIsTerminal = isTerminal(1);
    boolean colours =
        environment.getOrDefault("NO_COLOR", "").isEmpty()
            && !"dumb".equals(environment.get("TERM"));
    var out = new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), 1 << 16);
    var err =
        new PrintWriter(
            new OutputStreamWriter(
                new FileOutputStream(FileDescriptor.err), StandardCharsets.UTF_8),
            true);
    return new Terminal(
        System.in, new Output(out), err, outIsTerminal, isTerminal(2), outIsTerminal && colours);
  }

  /** System.console() answers for stdin and stdout together, and always from JDK 22 on. */
  private static boolean isTerminal(int descriptor) {
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor)).toString();
      return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    } catch (IOException | UnsupportedOperationException e) {
      return false;
    }
  }

  /** Emphasises a text where colours are on. */
  public String bold(String text) {
    return ansi ? "\u001b[1m" + text + "\u001b[0m" : text;
  }

  /** One line for the user beside the results. */
  public void note(String line) {
    err.println(line);
    err.flush();
  }
}
