package io.millrace.controller.state;

import io.millrace.controller.Controller.LogEnd;
import io.millrace.controller.Controller.Outcome;
import io.millrace.controller.state.LogEndReports.End;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.PartitionImage;
import io.millrace.metadata.ReplicaCondition;
import io.millrace.metadata.TopicImage;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;
import org.apache.kafka.common.protocol.Errors;

/**
 * Finds the leader of a partition when the power of all its replicas failed: nobody is known to
 * have everything, so the one leads whose log has the most (KIP-966's unclean recovery).
 *
 * <p>Those are waited for that were members until the end of their log may have been lost ({@link
 * PartitionImage#maybeCut}); another replica that has reported counts too.
 *
 * <p>Owner: controller context.
 */
public final class UncleanRecovery {
  /** In one decision, so that its records fit into one change of the metadata. */
  static final int MAX_ELECTIONS = 2_000;

  /** How long {@link Strategy#AGGRESSIVE} waits for more reports, from the first one on. */
  static final long AGGRESSIVE_WAIT_MS = 5_000;

  /** {@code unclean.recovery.strategy}. */
  enum Strategy {
    /** A person decides, by an unclean election. */
    NONE,
    /** The best leads when all that may be it have reported. */
    BALANCED,
    /** As the one before; after a while the best of those that have reported, whoever they are. */
    AGGRESSIVE
  }

  private final TopicPolicies policies;
  private final LogEndReports reports = new LogEndReports();

  public UncleanRecovery(TopicPolicies policies) {
    this.policies = policies;
  }

  /** A new term: what was reported to an earlier one may be old. */
  public void clear() {
    reports.clear();
  }

  /** Whether there is anything to {@link #decide}. */
  public boolean isIdle() {
    return reports.isEmpty();
  }

  /**
   * A broker says how far its logs reach. What does not fit the image, such as another leader
   * epoch, is passed over: the broker says it again as long as it sees a partition wait.
   *
   * @return STALE_BROKER_EPOCH, BROKER_ID_NOT_REGISTERED or NONE
   */
  public Decision<Outcome> report(
      MetadataImage image, int nodeId, long brokerEpoch, List<LogEnd> ends, long nowMs) {
    Errors wrong = Heartbeats.check(image.brokers().get(nodeId), brokerEpoch);
    if (wrong != Errors.NONE) {
      return Decision.unchanged(new Outcome(wrong, wrong.message()));
    }
    Set<LogEndReports.Key> touched = new LinkedHashSet<>();
    for (LogEnd end : ends) {
      LogEndReports.Key key =
          new LogEndReports.Key(end.topicId(), end.partition(), end.leaderEpoch());
      PartitionImage partition = waiting(image, key);
      if (partition != null && partition.replicas().contains(nodeId)) {
        reports.note(key, nodeId, brokerEpoch, end, nowMs);
        touched.add(key);
      }
    }
    return new Decision<>(elect(image, touched, nowMs), Outcome.OK);
  }

  /** Elections that can be made by now, of a bounded number of partitions. */
  public List<MetadataRecord> decide(MetadataImage image, long nowMs) {
    reports.retain(key -> waiting(image, key) != null);
    return elect(image, reports.partitions(), nowMs);
  }

  /** null = it does not wait, or not in this leader epoch. */
  private static PartitionImage waiting(MetadataImage image, LogEndReports.Key key) {
    TopicImage topic = image.topic(key.topicId());
    PartitionImage partition = topic == null ? null : topic.partition(key.partition());
    return partition == null
            || partition.leaderEpoch() != key.leaderEpoch()
            || !partition.awaitsLogEnds()
        ? null
        : partition;
  }

  private List<MetadataRecord> elect(
      MetadataImage image, Iterable<LogEndReports.Key> keys, long nowMs) {
    PartitionChanges changes = new PartitionChanges(image, policies);
    for (LogEndReports.Key key : keys) {
      if (changes.records().size() == MAX_ELECTIONS) {
        break;
      }
      elect(image, changes, key, nowMs);
    }
    return changes.records();
  }

  private void elect(
      MetadataImage image, PartitionChanges changes, LogEndReports.Key key, long nowMs) {
    TopicImage topic = image.topic(key.topicId());
    PartitionImage partition = topic.partition(key.partition());
    Strategy strategy = policies.recoveryStrategy(image, topic.name());
    if (strategy == Strategy.NONE) {
      return;
    }
    boolean all =
        partition.maybeCut().stream().allMatch(nodeId -> reports.endOf(image, key, nodeId) != null);
    int best = all ? best(image, key, partition, any -> true) : PartitionImage.NO_LEADER;
    if (best != PartitionImage.NO_LEADER && serves(image, key, best)) {
      changes.add(changes.update(topic, partition).leadUncleanly(best, /* best= */ true));
      return;
    }
    boolean hurries =
        strategy == Strategy.AGGRESSIVE
            && nowMs - reports.sinceMs(key, nowMs) >= AGGRESSIVE_WAIT_MS;
    int known = hurries ? bestActive(image, topic, partition) : PartitionImage.NO_LEADER;
    if (known != PartitionImage.NO_LEADER) {
      changes.add(changes.update(topic, partition).leadUncleanly(known, /* best= */ false));
    }
  }

  /** The one whose log has the most of those that have reported and serve; -1 = nobody. */
  int bestActive(MetadataImage image, TopicImage topic, PartitionImage partition) {
    return best(
        image,
        LogEndReports.Key.of(topic.id(), partition),
        partition,
        nodeId -> serves(image, LogEndReports.Key.of(topic.id(), partition), nodeId));
  }

  /** Whether the node serves, and its log too. */
  private static boolean serves(MetadataImage image, LogEndReports.Key key, int nodeId) {
    return Assignments.isActive(image, nodeId)
        && image.condition(nodeId, key.topicId(), key.partition()) != ReplicaCondition.OFFLINE;
  }

  /** Of several that are as good one that serves, then the first in the order of replicas. */
  private int best(
      MetadataImage image, LogEndReports.Key key, PartitionImage partition, IntPredicate counts) {
    int best = PartitionImage.NO_LEADER;
    End bestEnd = null;
    for (int nodeId : inOrder(image, key, partition)) {
      End end = counts.test(nodeId) ? reports.endOf(image, key, nodeId) : null;
      if (end != null && (bestEnd == null || end.compareTo(bestEnd) > 0)) {
        best = nodeId;
        bestEnd = end;
      }
    }
    return best;
  }

  private static List<Integer> inOrder(
      MetadataImage image, LogEndReports.Key key, PartitionImage partition) {
    List<Integer> order = new ArrayList<>(partition.replicas());
    order.removeIf(nodeId -> !serves(image, key, nodeId));
    for (int nodeId : partition.replicas()) {
      if (!order.contains(nodeId)) {
        order.add(nodeId);
      }
    }
    return order;
  }
}
