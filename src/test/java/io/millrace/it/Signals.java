package io.millrace.it;

import java.io.IOException;

/**
 * Signals that the Java API has no method for.
 *
 * <p>Owner: any thread.
 */
final class Signals {
  private Signals() {}

  static void send(String signal, long pid) {
    try {
      int exit = new ProcessBuilder("kill", "-" + signal, Long.toString(pid)).start().waitFor();
      if (exit != 0) {
        throw new IllegalStateException("kill -" + signal + " ended with " + exit);
      }
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
