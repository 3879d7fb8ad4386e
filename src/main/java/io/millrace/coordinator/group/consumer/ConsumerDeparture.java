package io.millrace.coordinator.group.consumer;

import io.millrace.coordinator.group.RebalanceCause;
import io.millrace.coordinator.group.RebalanceCause.Kind;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.protocol.Errors;

/**
 * How members go: they leave, for good or for a while, or they are fenced.
 *
 * <p>Owner: partition loop.
 */
final class ConsumerDeparture {
  private final GroupEpochs epochs;

  ConsumerDeparture(GroupEpochs epochs) {
    this.epochs = epochs;
  }

  /**
   * The member that a request to leave names.
   *
   * @param instanceId null = a dynamic member
   */
  static ConsumerMember leaving(ConsumerGroup group, String memberId, String instanceId)
      throws Refusal {
    if (instanceId != null) {
      ConsumerMember holder = group.staticMember(instanceId);
      HeartbeatChecks.checkInstance(holder, memberId, instanceId);
      return holder;
    }
    ConsumerMember member = group.member(memberId);
    if (member == null) {
      throw HeartbeatChecks.unknownMember(memberId, group.groupId());
    }
    return member;
  }

  /** A static member will come back: its partitions wait for it until its session ends. */
  static void leaveForAWhile(Draft draft, ConsumerMember member) {
    draft.append(ConsumerRecords.current(draft.groupId(), member.id(), member.current().away()));
  }

  /** These members are no more. */
  void remove(Draft draft, Collection<ConsumerMember> members) {
    for (ConsumerMember member : members) {
      draft.append(ConsumerRecords.noMember(draft.groupId(), member.id()));
    }
    forgetRegexes(draft);
    epochs.bump(draft);
  }

  /** Puts a static member that came back, under a new id, in the place of the old one. */
  static ConsumerMember replace(Draft draft, ConsumerMember old, String memberId) {
    String groupId = draft.groupId();
    ConsumerMember member = new ConsumerMember(old.metadata().of(memberId), old.current().back());
    var target = draft.group().target(old.id());
    draft.append(ConsumerRecords.noMember(groupId, old.id()));
    draft.append(ConsumerRecords.member(groupId, member.metadata()));
    draft.append(ConsumerRecords.target(groupId, memberId, target));
    draft.append(ConsumerRecords.current(groupId, memberId, member.current()));
    draft.because(new RebalanceCause(Kind.REPLACED, memberId));
    return member;
  }

  /** Removes the regular expressions that nobody subscribes to any more. */
  static void forgetRegexes(Draft draft) {
    Map<String, ResolvedRegex> known = new HashMap<>(draft.group().regexes());
    known.keySet().stream()
        .filter(regex -> draft.group().membersWith(regex) == 0)
        .sorted()
        .forEach(regex -> draft.append(ConsumerRecords.noRegex(draft.groupId(), regex)));
  }

  /** The instance id belongs to a member that has not left. */
  static void checkReleased(ConsumerMember holder, String memberId) throws Refusal {
    if (holder.epoch() != CurrentAssignment.AWAY) {
      throw new Refusal(
          Errors.UNRELEASED_INSTANCE_ID,
          "Static member "
              + memberId
              + " with instance id "
              + holder.instanceId()
              + " cannot join the group because the instance id is owned by "
              + holder.id()
              + " member.");
    }
  }
}
