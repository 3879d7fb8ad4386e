package io.millrace.model;

/**
 * The two clocks of a node, so that rules and tests can bring their own.
 *
 * <p>Owner: any thread.
 */
public interface Clock {
  /** Wall time in milliseconds since the epoch; can jump. */
  long wallMs();

  /** Monotonic time in nanoseconds; only differences mean something. */
  long nanos();

  /** The system's clocks. */
  Clock SYSTEM =
      new Clock() {
        @Override
        public long wallMs() {
          return System.currentTimeMillis();
        }

        @Override
        public long nanos() {
          return System.nanoTime();
        }
      };
}
