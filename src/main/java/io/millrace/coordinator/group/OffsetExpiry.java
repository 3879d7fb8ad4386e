package io.millrace.coordinator.group;

import io.millrace.coordinator.shard.CoordinatorRecord;
import io.millrace.coordinator.shard.Decision;
import io.millrace.coordinator.shard.Timers;
import java.util.ArrayDeque;
import java.util.List;

/**
 * Removes offsets whose time is over, and groups that are left with none: every now and then it
 * looks at all groups, a few thousand offsets at a time. Pure.
 *
 * <p>Owner: partition loop.
 */
final class OffsetExpiry {
  private static final String TIMER = "offsets.retention";
  private static final int OFFSETS_PER_STEP = 5_000;

  private final Groups groups;
  private final OffsetStore offsets;
  private final OffsetConfig config;
  private final Timers timers;
  // Groups that this round has not looked at yet.
  private final ArrayDeque<String> left = new ArrayDeque<>();

  OffsetExpiry(Groups groups, OffsetStore offsets, OffsetConfig config, Timers timers) {
    this.groups = groups;
    this.offsets = offsets;
    this.config = config;
    this.timers = timers;
  }

  void start() {
    timers.schedule(TIMER, config.checkIntervalMs(), this::round);
  }

  private Decision round() {
    groups.all().forEach(group -> left.add(group.groupId()));
    return step();
  }

  private Decision step() {
    Decision decision = new Decision().divisible();
    int looked = 0;
    while (!left.isEmpty() && looked < OFFSETS_PER_STEP) {
      looked += check(left.poll(), decision);
    }
    if (left.isEmpty()) {
      start();
    } else {
      timers.schedule(TIMER, 0, this::step);
    }
    return decision;
  }

  /** Looks at one group; how many offsets it has. */
  private int check(String groupId, Decision decision) {
    Group group = groups.get(groupId);
    if (group == null) {
      return 1;
    }
    int has = 0;
    for (var partitions : offsets.of(groupId).values()) {
      has += partitions.size();
    }
    List<CoordinatorRecord> expired = offsets.expired(group, timers.nowMs(), config.retentionMs());
    decision.append(expired);
    if (expired.size() == has && group.isEmpty() && !offsets.hasPending(groupId)) {
      decision.append(group.tombstones());
    }
    return has + 1;
  }
}
