package io.millrace.coordinator.group;

import io.millrace.coordinator.shard.RecordTypes;
import java.util.EnumSet;
import java.util.Set;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.coordinator.group.generated.CoordinatorRecordType;

/**
 * The records of {@code __consumer_offsets} that groups here are made of. Those of kinds that this
 * node does not have are skipped.
 *
 * <p>Owner: immutable.
 */
public final class GroupRecordTypes implements RecordTypes {
  // By number; null = not ours.
  private final CoordinatorRecordType[] byNumber;

  /** Committed offsets, and these types of the kinds of groups that there are. */
  public GroupRecordTypes(Set<CoordinatorRecordType> ofKinds) {
    EnumSet<CoordinatorRecordType> all =
        EnumSet.of(CoordinatorRecordType.LEGACY_OFFSET_COMMIT, CoordinatorRecordType.OFFSET_COMMIT);
    all.addAll(ofKinds);
    int highest = all.stream().mapToInt(CoordinatorRecordType::id).max().orElseThrow();
    byNumber = new CoordinatorRecordType[highest + 1];
    all.forEach(type -> byNumber[type.id()] = type);
  }

  /** Committed offsets, and the types of two kinds of groups. */
  public static GroupRecordTypes of(
      Set<CoordinatorRecordType> oneKind, Set<CoordinatorRecordType> another) {
    Set<CoordinatorRecordType> both = EnumSet.copyOf(oneKind);
    both.addAll(another);
    return new GroupRecordTypes(both);
  }

  @Override
  public ApiMessage newKey(short type) {
    CoordinatorRecordType known = type >= 0 && type < byNumber.length ? byNumber[type] : null;
    return known == null ? null : known.newRecordKey();
  }

  @Override
  public ApiMessage newValue(short type) {
    return byNumber[type].newRecordValue();
  }
}
