package io.millrace.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;

/**
 * Standard output for bytes and UTF-8 text, buffered. Unlike {@link java.io.PrintStream} it does
 * not hide that writing failed.
 *
 * <p>Owner: the command's thread.
 */
public final class Output {
  private final OutputStream stream;

  /** Writes to {@code stream}, which should be buffered. */
  public Output(OutputStream stream) {
    this.stream = stream;
  }

  /**
   * Writes bytes as they are.
   *
   * @throws OutputFailedException when standard output takes no more
   */
  public void write(byte[] bytes) {
    try {
      stream.write(bytes);
    } catch (IOException e) {
      throw new OutputFailedException(e);
    }
  }

  /** Writes a text as it is. */
  public void print(String text) {
    write(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Writes a text and ends the line. */
  public void println(String text) {
    print(text);
    write(new byte[] {'\n'});
  }

  /** Hands what is buffered to the operating system. */
  public void flush() {
    try {
      stream.flush();
    } catch (IOException e) {
      throw new OutputFailedException(e);
    }
  }

  /** For help texts, where nobody minds that the reader has gone. */
  PrintWriter asWriter() {
    return new PrintWriter(new OutputStreamWriter(stream, StandardCharsets.UTF_8), true);
  }
}
