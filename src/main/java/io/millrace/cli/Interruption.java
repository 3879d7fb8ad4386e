package io.millrace.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * What becomes of a command when SIGINT or SIGTERM ends the process. A command that holds something
 * of a broker's, a place in a group or a topic made for a run, says so by {@link #endInOrder} or
 * {@link #wakeBy}: then the JVM waits, for five seconds at most, until the command has given it
 * back. Any other command ends at once. The exit code is the signal's (130, 143) either way.
 *
 * <p>Owner: any thread; the command's and the JVM's shutdown thread.
 */
public final class Interruption implements Runnable {
  private static final long PATIENCE_S = 5;

  private final CountDownLatch ended = new CountDownLatch(1);
  private final List<Waking> wakings = new ArrayList<>();
  private volatile boolean begun;
  private boolean inOrder;

  /** Wakes the command until it is closed. */
  public final class Waking implements AutoCloseable {
    private final Runnable wake;

    private Waking(Runnable wake) {
      this.wake = wake;
    }

    /** Returns when it wakes nobody any more. */
    @Override
    public void close() {
      synchronized (Interruption.this) {
        wakings.remove(this);
      }
    }
  }

  /** The signals of this process. */
  static Interruption ofProcess() {
    Interruption interruption = new Interruption();
    Runtime.getRuntime().addShutdownHook(new Thread(interruption, "interruption"));
    return interruption;
  }

  /** From now on the process ends when the command does: it is to watch {@link #begun}. */
  public synchronized void endInOrder() {
    inOrder = true;
  }

  /**
   * Likewise, for a command that waits where it watches nothing.
   *
   * @param wake called once when a signal comes, or at once if one has come
   */
  public synchronized Waking wakeBy(Runnable wake) {
    endInOrder();
    Waking waking = new Waking(wake);
    wakings.add(waking);
    if (begun) {
      wake.run();
    }
    return waking;
  }

  /** Whether a signal has come. */
  public boolean begun() {
    return begun;
  }

  /** A signal has come. */
  public synchronized void begin() {
    begun = true;
    wakings.forEach(waking -> waking.wake.run());
  }

  /** Nothing is left to do: all that was written has left this process. */
  void commandEnded() {
    ended.countDown();
  }

  /** The process ends: by a signal, or because the command has. */
  @Override
  public void run() {
    if (ended.getCount() == 0) {
      return;
    }
    begin();
    synchronized (this) {
      if (!inOrder) {
        return;
      }
    }
    try {
      boolean unused = ended.await(PATIENCE_S, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
