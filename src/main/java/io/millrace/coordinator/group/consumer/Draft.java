package io.millrace.coordinator.group.consumer;

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
  private ConsumerGroup group;
  private boolean copied;

  /** Begins with a group as it is. */
  Draft(ConsumerGroup group) {
    this.group = group;
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

  /** The group becomes one of another kind, or nothing: nobody looks at it any more. */
  void end(List<CoordinatorRecord> last) {
    records.addAll(last);
  }

  List<CoordinatorRecord> records() {
    return records;
  }
}
