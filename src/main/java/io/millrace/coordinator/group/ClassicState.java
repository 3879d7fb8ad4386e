package io.millrace.coordinator.group;

import java.util.EnumSet;
import java.util.Set;

/**
 * The states of a classic group, with Kafka's names.
 *
 * <p>Owner: immutable.
 */
public enum ClassicState {
  /** No members; it may have offsets. */
  EMPTY("Empty"),
  /** Waiting until all members have joined the next generation. */
  PREPARING_REBALANCE("PreparingRebalance"),
  /** The generation has its members; waiting for the assignment from their leader. */
  COMPLETING_REBALANCE("CompletingRebalance"),
  /** Every member of the generation has an assignment. */
  STABLE("Stable"),
  /** Deleted, or unloaded with its shard. */
  DEAD("Dead");

  private final String text;

  ClassicState(String text) {
    this.text = text;
  }

  /** The states out of which one may come into this one. */
  Set<ClassicState> before() {
    return switch (this) {
      case EMPTY, COMPLETING_REBALANCE -> EnumSet.of(PREPARING_REBALANCE);
      case PREPARING_REBALANCE -> EnumSet.of(EMPTY, COMPLETING_REBALANCE, STABLE);
      case STABLE -> EnumSet.of(COMPLETING_REBALANCE);
      case DEAD -> EnumSet.allOf(ClassicState.class);
    };
  }

  /** As DescribeGroups and ListGroups name it. */
  @Override
  public String toString() {
    return text;
  }
}
