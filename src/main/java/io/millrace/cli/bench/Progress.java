package io.millrace.cli.bench;

import io.millrace.cli.Terminal;
import java.util.Locale;

/**
 * A bar on the terminal's error stream that grows with the work; silent where nobody watches, so
 * that logs and pipes stay clean.
 *
 * <p>Owner: the command's thread.
 */
final class Progress {
  private static final int BAR = 30;
  private static final long INTERVAL_NANOS = 100_000_000;

  private final Terminal terminal;
  private final String label;
  private final long total;
  private final long startNanos;
  private long lastNanos;
  private long lastDone;
  private long lastBytes;
  private boolean shown;

  /**
   * Starts now.
   *
   * @param total how much work there is
   */
  Progress(Terminal terminal, String label, long total) {
    this.terminal = terminal;
    this.label = label;
    this.total = total;
    this.startNanos = System.nanoTime();
    this.lastNanos = startNanos;
  }

  /** Shows how far the work is, at most ten times a second; cheap otherwise. */
  void update(long done, long bytes) {
    if (!terminal.errIsTerminal()) {
      return;
    }
    long now = System.nanoTime();
    if (now - lastNanos < INTERVAL_NANOS) {
      return;
    }
    double seconds = (now - lastNanos) / 1e9;
    double rate = (done - lastDone) / seconds;
    double mebibytes = (bytes - lastBytes) / seconds / (1 << 20);
    int filled = total <= 0 ? 0 : (int) Math.min(BAR, BAR * done / total);
    String bar = "█".repeat(filled) + "░".repeat(BAR - filled);
    terminal
        .err()
        .print(
            String.format(
                Locale.ROOT,
                "\r%s %s %3d%%  %,.0f records/s  %.1f MiB/s  %.0f s \u001b[K",
                label,
                bar,
                total <= 0 ? 0 : Math.min(100, 100 * done / total),
                rate,
                mebibytes,
                (now - startNanos) / 1e9));
    terminal.err().flush();
    shown = true;
    lastNanos = now;
    lastDone = done;
    lastBytes = bytes;
  }

  /** Removes the bar. */
  void end() {
    if (shown) {
      terminal.err().print("\r\u001b[K");
      terminal.err().flush();
    }
  }
}
