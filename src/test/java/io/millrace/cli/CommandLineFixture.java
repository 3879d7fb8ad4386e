package io.millrace.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Runs command lines in this JVM with streams of its own.
 *
 * <p>Owner: the test's thread.
 */
public final class CommandLineFixture {
  private KafkaClients clients = KafkaClients.real();
  private String input = "";
  private OutputStream out = new ByteArrayOutputStream();
  private boolean ansi;
  private final Interruption interruption = new Interruption();

  /**
   * What a command left behind.
   *
   * @param exit the exit code
   */
  public record Result(int exit, String out, String err) {
    public List<String> lines() {
      return out.lines().toList();
    }
  }

  public CommandLineFixture clients(KafkaClients fakes) {
    clients = fakes;
    return this;
  }

  /** What the command reads. */
  public CommandLineFixture input(String text) {
    input = text;
    return this;
  }

  /** Lets every write to standard output fail like this. */
  public CommandLineFixture outputFails(String reason) {
    out =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException(reason);
          }
        };
    return this;
  }

  public CommandLineFixture colours() {
    ansi = true;
    return this;
  }

  /** Tells the command of a signal. */
  public Interruption interruption() {
    return interruption;
  }

  public Result run(String... args) {
    var err = new StringWriter();
    var stdin = new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8));
    var terminal =
        new Terminal(stdin, new Output(out), new PrintWriter(err, true), false, false, ansi);
    int exit = Main.run(args, new CliContext(terminal, clients, interruption));
    String written =
        out instanceof ByteArrayOutputStream bytes ? bytes.toString(StandardCharsets.UTF_8) : "";
    return new Result(exit, written, err.toString());
  }

  /** A port that takes connections, for commands whose clients are fakes. */
  public static ServerSocket listening() {
    try {
      return new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static String address(ServerSocket socket) {
    return "127.0.0.1:" + socket.getLocalPort();
  }
}
