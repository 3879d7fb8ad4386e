package io.millrace.controller.state;

import io.millrace.fault.FaultPoint;
import io.millrace.metadata.ImageBuilder;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.MetadataRecord.Config;
import io.millrace.metadata.PartitionImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * What follows for partitions when configs change that elections depend on, decided together with
 * the change. With a lower {@code min.insync.replicas} the high watermark moves again, and those
 * who left the ISR no longer have everything: no leader may know the new minimum while the old last
 * ISR counts. When {@code unclean.leader.election.enable} comes, partitions that wait for it get
 * their leader.
 *
 * <p>Owner: any thread.
 */
public final class ConfigConsequences {
  private static final Set<String> KEYS =
      Set.of(TopicPolicies.MIN_INSYNC_REPLICAS, TopicPolicies.UNCLEAN_ELECTION);

  private final TopicPolicies policies;

  public ConfigConsequences(TopicPolicies policies) {
    this.policies = policies;
  }

  /** The decision about configs, with what follows of it for partitions. */
  public <T> Decision<T> complete(MetadataImage image, Decision<T> decision) {
    FaultPoint.CONFIG_CHANGE_DECIDED.reached();
    boolean concerned =
        decision.records().stream()
            .anyMatch(record -> record instanceof Config config && KEYS.contains(config.key()));
    if (!concerned) {
      return decision;
    }
    MetadataImage after =
        new ImageBuilder(image).apply(image.offset() + 1, decision.records()).build().image();
    List<MetadataRecord> records = new ArrayList<>(decision.records());
    records.addAll(
        new PartitionChanges(after, policies)
            .inAll(
                partition ->
                    !partition.lastIsr().isEmpty()
                        || partition.leader() == PartitionImage.NO_LEADER,
                PartitionUpdate::electIfNone));
    return new Decision<>(records, decision.reply());
  }
}
