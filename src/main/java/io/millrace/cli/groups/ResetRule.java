package io.millrace.cli.groups;

import org.apache.kafka.clients.admin.OffsetSpec;

/**
 * Where a group's offset in a partition is to be.
 *
 * <p>Owner: immutable.
 */
sealed interface ResetRule {
  /**
   * What is known of a partition.
   *
   * @param committed what the group has committed; null = nothing
   * @param start the first offset that exists
   * @param end the end of what can be read (exclusive)
   * @param atTime of the first record not older than {@link ToTime}; -1 = there is none
   *     <p>Owner: immutable.
   */
  record Facts(Long committed, long start, long end, long atTime) {
    private long within(long offset) {
      return Math.min(end, Math.max(start, offset));
    }
  }

  /**
   * The offset, within the log.
   *
   * @throws IllegalArgumentException nothing is committed that could be moved
   */
  long target(Facts facts);

  /** To the first record. */
  record ToEarliest() implements ResetRule {
    @Override
    public long target(Facts facts) {
      return facts.start();
    }
  }

  /** To the end: the next record that comes. */
  record ToLatest() implements ResetRule {
    @Override
    public long target(Facts facts) {
      return facts.end();
    }
  }

  /** To the first record that is not older; the end if there is none. */
  record ToTime(long timestampMs) implements ResetRule {
    @Override
    public long target(Facts facts) {
      return facts.atTime() < 0 ? facts.end() : facts.within(facts.atTime());
    }

    OffsetSpec spec() {
      return OffsetSpec.forTimestamp(timestampMs);
    }
  }

  /** So many records forward, or back with a negative number. */
  record Shift(long by) implements ResetRule {
    @Override
    public long target(Facts facts) {
      if (facts.committed() == null) {
        throw new IllegalArgumentException("nothing is committed that could be shifted");
      }
      long shifted = facts.committed() + by;
      // Both operands have the sign that the sum has lost: it went beyond what a long holds.
      boolean overflown = ((facts.committed() ^ shifted) & (by ^ shifted)) < 0;
      return overflown ? (by < 0 ? facts.start() : facts.end()) : facts.within(shifted);
    }
  }

  /** To this very offset. */
  record ToOffset(long offset) implements ResetRule {
    @Override
    public long target(Facts facts) {
      return facts.within(offset);
    }
  }

  /** To where it is, so that all partitions have an offset; the end where nothing is committed. */
  record ToCurrent() implements ResetRule {
    @Override
    public long target(Facts facts) {
      return facts.committed() == null ? facts.end() : facts.within(facts.committed());
    }
  }
}
