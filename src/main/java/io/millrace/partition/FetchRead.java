package io.millrace.partition;

/**
 * A reader of one partition. The same object serves all fetches of a session and is its standing
 * watcher: after a read that found nothing it stays armed at the partition and fires once, by
 * {@link #onFired}, when there is something to tell.
 *
 * <p>Owner: partition loop.
 */
public abstract class FetchRead {
  private FetchAsk ask;
  // Invariant: true exactly while the one of the replica's watcher sets holds this object.
  private boolean armed;
  private long toldHighWatermark = -1;

  /**
   * The answer to {@link Replica#read}, on the partition's loop, perhaps before that call returns.
   */
  protected abstract void onRead(FetchAnswer answer);

  /** News for an armed watcher, on the partition's loop: the answer of a fresh read. */
  protected abstract void onFired(FetchAnswer answer);

  final FetchAsk ask() {
    return ask;
  }

  /** Whether this very question, and no newer one, is open. */
  @SuppressWarnings("ReferenceEquality") // An equal question asked later is another one.
  final boolean asks(FetchAsk question) {
    return ask == question;
  }

  final void ask(FetchAsk value) {
    ask = value;
  }

  /** The high watermark of the last answer; -1 = none was told. */
  final long toldHighWatermark() {
    return toldHighWatermark;
  }

  final void toldHighWatermark(long value) {
    toldHighWatermark = value;
  }

  final boolean armed() {
    return armed;
  }

  final void armed(boolean value) {
    armed = value;
  }
}
