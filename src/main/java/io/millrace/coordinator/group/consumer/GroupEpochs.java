package io.millrace.coordinator.group.consumer;

import io.millrace.coordinator.group.RebalanceHistory;
import io.millrace.coordinator.shard.Decision;
import io.millrace.coordinator.shard.Reply;
import io.millrace.coordinator.shard.Timers;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.kafka.common.protocol.Errors;

/**
 * When a group's epoch grows, and when its target assignment follows: at once, or after the
 * assignment interval, so that a hundred members that start together are assigned together
 * (KIP-1263).
 *
 * <p>Owner: partition loop.
 */
final class GroupEpochs {
  private final Shared shared;
  private final Timers timers;
  private final Runnable onBegun;

  /** What all rules of a shard's consumer groups look at. */
  interface Shared {
    TopicsView topics();

    /** null = there is no consumer group of this id. */
    ConsumerGroup find(String groupId);

    /** The dynamic configs of a group. */
    Map<String, String> configs(String groupId);

    ConsumerGroupConfig config();

    TargetAssignment targets();

    /** The rebalances of a group of whichever kind; null = there is no such group. */
    RebalanceHistory history(String groupId);
  }

  /**
   * The epochs of a shard's groups.
   *
   * @param onBegun hears of each rebalance that begins
   */
  GroupEpochs(Shared shared, Timers timers, Runnable onBegun) {
    this.shared = shared;
    this.timers = timers;
    this.onBegun = onBegun;
  }

  /** What was drafted; the group's history hears of it when it is stored. */
  Decision decision(Draft draft) {
    Decision decision = new Decision().append(draft.records());
    if (draft.records().isEmpty()) {
      return decision;
    }
    String groupId = draft.groupId();
    Draft.Outcome outcome = draft.outcome(timers.nowMs());
    return decision.answer(
        new Reply<Void>() {
          @Override
          public void complete(Void nothing) {
            RebalanceHistory history = shared.history(groupId);
            if (history != null) {
              outcome.tell(history, onBegun);
            }
          }

          @Override
          public void fail(Errors error, String message) {
            outcome.ifRefused().forEach(Runnable::run);
          }
        },
        null);
  }

  /** Something changed that an assignor looks at. */
  void bump(Draft draft) {
    long hash = shared.topics().hash(draft.group().subscribedNames());
    draft.append(ConsumerRecords.epoch(draft.groupId(), draft.group().epoch() + 1, hash));
  }

  /** Whether the topics are others than those that the group's epoch was derived from. */
  boolean isOutdated(ConsumerGroup group) {
    return shared.topics().hash(group.subscribedNames()) != group.metadataHash();
  }

  /**
   * Makes the target follow the epoch, if it does not yet.
   *
   * @param atOnce do not wait for the interval
   */
  void assign(Draft draft, boolean atOnce) {
    ConsumerGroup group = draft.group();
    if (group.epoch() <= group.targetEpoch() || group.isEmpty()) {
      return;
    }
    long interval = shared.config().assignmentIntervalMs(shared.configs(group.groupId()));
    long waitMs = group.targetTimestampMs() + interval - timers.nowMs();
    // A clock that went back must not make the group wait.
    if (atOnce || waitMs <= 0 || waitMs > interval) {
      shared.targets().renew(draft, shared.topics(), timers.nowMs());
    } else {
      timers.schedule(key(group.groupId()), waitMs, onDue(group.groupId()));
    }
  }

  private Supplier<Decision> onDue(String groupId) {
    return () -> {
      ConsumerGroup group = shared.find(groupId);
      if (group == null) {
        return new Decision();
      }
      Draft draft = new Draft(group);
      assign(draft, true);
      return decision(draft);
    };
  }

  private static String key(String groupId) {
    return "assign-" + groupId;
  }
}
