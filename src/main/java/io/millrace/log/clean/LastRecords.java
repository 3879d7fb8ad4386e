package io.millrace.log.clean;

import java.util.HashMap;
import java.util.Map;

/**
 * Which batches hold the last that a log knows of its active producers. They stay, even without
 * records: a later start of the log reads sequence numbers and epochs from them.
 *
 * <p>Owner: made by the partition loop, then immutable and with the log directory worker.
 */
public final class LastRecords {
  private record Last(long offset, short epoch) {}

  private final Map<Long, Last> byProducer = new HashMap<>();

  public LastRecords() {}

  /**
   * Adds a producer.
   *
   * @param lastOffset of its last batch with records; -1 = only a marker is known
   */
  public void add(long producerId, long lastOffset, short epoch) {
    byProducer.put(producerId, new Last(lastOffset, epoch));
  }

  /** Whether the batch is the last of its producer. */
  boolean contains(long producerId, long lastOffset, short epoch, boolean control) {
    Last last = byProducer.get(producerId);
    if (last == null) {
      return false;
    }
    return last.offset >= 0 ? last.offset == lastOffset : control && last.epoch == epoch;
  }
}
