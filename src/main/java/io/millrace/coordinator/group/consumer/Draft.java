package io.millrace.coordinator.group.consumer;

import io.millrace.coordinator.group.RebalanceCause;
import io.millrace.coordinator.group.RebalanceHistory;
import io.millrace.coordinator.shard.CoordinatorRecord;
import java.util.ArrayList;
import java.util.List;

/**
 * A group as it will be once the records of a decision are replayed: each step of the decision sees
 * what the steps before it decided. The group itself does not change.
 *
 * <p>Owner: partition loop.
 */
final class Draft {
  private final List<CoordinatorRecord> records = new ArrayList<>();
  private final List<RebalanceCause> causes = new ArrayList<>();
  private final List<Runnable> ifRefused = new ArrayList<>();
  private int epochBefore;
  private ConsumerGroup group;
  private boolean copied;
  private boolean ended;
  // null = it was of this kind before, and stays so.
  private RebalanceHistory past;

  /** Begins with a group as it is. */
  Draft(ConsumerGroup group) {
    this.group = group;
    this.epochBefore = group.epoch();
  }

  /** Begins with a group that does not exist yet, after records that are not about it. */
  static Draft ofNew(String groupId, List<CoordinatorRecord> before) {
    Draft draft = new Draft(new ConsumerGroup(groupId));
    draft.copied = true;
    draft.records.addAll(before);
    return draft;
  }

  /** As it is with all records so far; nobody else may keep it. */
  ConsumerGroup group() {
    return group;
  }

  String groupId() {
    return group.groupId();
  }

  void append(CoordinatorRecord record) {
    if (!copied) {
      group = new ConsumerGroup(group);
      copied = true;
    }
    records.add(record);
    ConsumerReplay.apply(group, record);
  }

  void append(List<CoordinatorRecord> more) {
    more.forEach(this::append);
  }

  /** The group becomes one of another kind: nobody looks at it any more. */
  void end(List<CoordinatorRecord> last) {
    records.addAll(last);
    ended = true;
    past = group.history();
  }

  /** As drafted so far, the group was of another kind, and had this history. */
  void continues(RebalanceHistory history) {
    past = history;
    epochBefore = group.epoch();
  }

  /** What happened, for the group's history; nothing if the epoch does not grow with it. */
  void because(RebalanceCause cause) {
    causes.add(cause);
  }

  /** What is to be done if the records are not stored. */
  void ifRefused(Runnable action) {
    ifRefused.add(action);
  }

  List<CoordinatorRecord> records() {
    return records;
  }

  /** What comes of it, once the records are stored or refused. */
  Outcome outcome(long nowMs) {
    return new Outcome(
        causes,
        ifRefused,
        past,
        !ended && group.epoch() > epochBefore,
        !ended && group.isSettled(),
        new Outcome.At(group.epoch(), group.memberCount(), nowMs));
  }

  /**
   * What the history of the group hears of a draft.
   *
   * @param past to go on with; null = it is the group's own
   * @param grown whether the epoch grew, for the causes
   * @param settled whether every member has what it is to have
   */
  record Outcome(
      List<RebalanceCause> causes,
      List<Runnable> ifRefused,
      RebalanceHistory past,
      boolean grown,
      boolean settled,
      At at) {
    /** The group at the end of the draft. */
    record At(int epoch, int members, long nowMs) {}

    /**
     * Tells the history.
     *
     * @param onBegun hears of a rebalance that begins
     */
    void tell(RebalanceHistory history, Runnable onBegun) {
      if (past != null && past != history) {
        history.continueFrom(past);
      }
      if (grown && !causes.isEmpty()) {
        if (history.onPrepare(causes.get(0), at.nowMs)) {
          onBegun.run();
        }
        causes.subList(1, causes.size()).forEach(history::onChange);
      }
      if (settled) {
        history.onEnd(at.epoch, at.members, at.nowMs);
      }
    }
  }
}
