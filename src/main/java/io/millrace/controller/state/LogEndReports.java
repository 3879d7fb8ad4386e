package io.millrace.controller.state;

import io.millrace.controller.Controller.LogEnd;
import io.millrace.metadata.BrokerImage;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.PartitionImage;
import io.millrace.model.TopicId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * How far logs reach whose partitions have no leader, as brokers have reported it. In a leader
 * epoch without a leader logs stand still, so a report holds until its broker registers again. In
 * the memory of the active controller only: another one is told anew.
 *
 * <p>Bounded by the replicas of partitions that wait for reports.
 *
 * <p>Owner: controller context.
 */
final class LogEndReports {
  /** A partition in one leader epoch. */
  record Key(TopicId topicId, int partition, int leaderEpoch) {
    static Key of(TopicId topicId, PartitionImage partition) {
      return new Key(topicId, partition.partition(), partition.leaderEpoch());
    }
  }

  /** The end of a log; one is greater that has more (Ongaro, section 3.6.1). */
  record End(int lastEpoch, long endOffset) implements Comparable<End> {
    @Override
    public int compareTo(End other) {
      return lastEpoch == other.lastEpoch
          ? Long.compare(endOffset, other.endOffset)
          : Integer.compare(lastEpoch, other.lastEpoch);
    }
  }

  private record Report(long brokerEpoch, End end) {}

  private static final class Heard {
    private final long sinceMs;
    private final Map<Integer, Report> byNode = new HashMap<>();

    private Heard(long sinceMs) {
      this.sinceMs = sinceMs;
    }
  }

  private final Map<Key, Heard> heard = new LinkedHashMap<>();

  void clear() {
    heard.clear();
  }

  boolean isEmpty() {
    return heard.isEmpty();
  }

  /** Partitions of which something was reported, in the order in which that began. */
  List<Key> partitions() {
    return new ArrayList<>(heard.keySet());
  }

  /** Forgets what was reported of partitions that are not to be kept. */
  void retain(Predicate<Key> kept) {
    heard.keySet().removeIf(kept.negate());
  }

  /** A broker of this epoch says how far one of its logs reaches. */
  void note(Key partition, int nodeId, long brokerEpoch, LogEnd said, long nowMs) {
    heard
        .computeIfAbsent(partition, any -> new Heard(nowMs))
        .byNode
        .put(nodeId, new Report(brokerEpoch, new End(said.lastEpoch(), said.endOffset())));
  }

  /** When the first report came; {@code nowMs} = there was none yet. */
  long sinceMs(Key partition, long nowMs) {
    Heard found = heard.get(partition);
    return found == null ? nowMs : found.sinceMs;
  }

  /** What the replica reported under the registration that it has; null = nothing. */
  End endOf(ClusterImage image, Key partition, int nodeId) {
    Heard found = heard.get(partition);
    Report report = found == null ? null : found.byNode.get(nodeId);
    BrokerImage broker = image.brokers().get(nodeId);
    return report == null || broker == null || broker.epoch() != report.brokerEpoch
        ? null
        : report.end;
  }
}
