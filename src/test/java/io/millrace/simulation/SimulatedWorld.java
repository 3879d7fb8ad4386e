package io.millrace.simulation;

import java.util.ArrayDeque;
import java.util.PriorityQueue;
import java.util.Random;

/**
 * A world in one thread: its clock jumps from event to event, and all that is left to chance comes
 * from one seed.
 *
 * <p>Owner: the simulation's thread.
 */
public abstract class SimulatedWorld {
  private static final int TRACED_LINES = 400;

  private record Event(long atMs, long order, Runnable what) implements Comparable<Event> {
    @Override
    public int compareTo(Event other) {
      return atMs != other.atMs ? Long.compare(atMs, other.atMs) : Long.compare(order, other.order);
    }
  }

  protected final Random random;
  // null = nobody wants to read them.
  private final ArrayDeque<String> lines;
  private final PriorityQueue<Event> events = new PriorityQueue<>();
  private long order;
  private long nowMs;
  private int eventCount;
  private boolean healed;

  /**
   * A world in which nothing has happened.
   *
   * @param traced whether the last events are kept as text
   */
  protected SimulatedWorld(Random random, boolean traced) {
    this.random = random;
    this.lines = traced ? new ArrayDeque<>() : null;
  }

  public final Random random() {
    return random;
  }

  // ---- Time

  public final long nowMs() {
    return nowMs;
  }

  /** Something is to happen at a time; one that is over = now. */
  public final void at(long atMs, Runnable what) {
    events.add(new Event(Math.max(atMs, nowMs), order++, what));
  }

  public final void after(long delayMs, Runnable what) {
    at(nowMs + delayMs, what);
  }

  /** Lets everything happen that happens up to this time. */
  public final void runUntil(long untilMs) {
    while (!events.isEmpty() && events.peek().atMs <= untilMs) {
      Event next = events.poll();
      nowMs = next.atMs;
      eventCount++;
      next.what.run();
      check();
    }
    nowMs = untilMs;
  }

  /** What must hold after each event; an error if it does not. */
  protected void check() {}

  public final int eventCount() {
    return eventCount;
  }

  // ---- The end

  /** Nothing goes wrong from now on. */
  protected final void endFaults() {
    healed = true;
  }

  public final boolean isHealed() {
    return healed;
  }

  // ---- For people

  protected final boolean isTraced() {
    return lines != null;
  }

  /** Keeps an event as text, if somebody wants to read it. */
  protected final void trace(String line) {
    if (lines != null) {
      lines.add(nowMs + " ms: " + line);
      if (lines.size() > TRACED_LINES) {
        lines.poll();
      }
    }
  }

  final String lastEvents() {
    return lines == null ? "" : String.join("\n", lines);
  }
}
