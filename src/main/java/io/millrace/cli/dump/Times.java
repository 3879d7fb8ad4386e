package io.millrace.cli.dump;

import java.time.DateTimeException;
import java.time.Instant;

/** Timestamps in milliseconds: as they are for programs, as a date for people. */
final class Times {
  private Times() {}

  /** Null for -1, which means none. */
  static Object readable(long timestampMs, DumpSink sink) {
    if (timestampMs == -1) {
      return null;
    }
    if (sink.isJson()) {
      return timestampMs;
    }
    try {
      return Instant.ofEpochMilli(timestampMs).toString();
    } catch (DateTimeException e) {
      return timestampMs + " ms";
    }
  }
}
