package io.millrace.log;

import java.io.IOException;

/**
 * Why logs could not be opened, for tests of other packages.
 *
 * <p>Owner: any thread.
 */
public final class UnopenedLogs {
  private UnopenedLogs() {}

  public static LogNotOpenedException noSpace() {
    return LogNotOpenedException.forNow(new IOException("No space left on device"));
  }

  public static LogNotOpenedException closing() {
    return LogNotOpenedException.closing();
  }
}
