package io.millrace.metadata;

import io.millrace.metadata.MetadataRecord.ClientQuota;
import io.millrace.metadata.MetadataRecord.Config;
import io.millrace.metadata.MetadataRecord.Feature;
import io.millrace.metadata.MetadataRecord.Partition;
import io.millrace.metadata.MetadataRecord.PartitionChange;
import io.millrace.metadata.MetadataRecord.ReplicaConditions;
import java.util.Map;

/**
 * Levels of {@code metadata.version}: which records may be in the log. A cluster uses what is
 * finalized ({@link Feature}), whatever its nodes could do, so that a node can be taken back to an
 * older release until somebody finalizes a newer level.
 *
 * <pre>
 *  1   all records, without what follows; also the level of a log that does not say
 *  2   Partition and PartitionChange in version 1: a leader after a possible loss is marked
 *  3   Partition and PartitionChange in version 2: reassignments, and replicas whose logs may be cut;
 *      ReplicaConditions; the default of min.insync.replicas is a config of the cluster
 *  4   ClientQuota; Config in version 1: subscriptions to clients' metrics
 * </pre>
 *
 * <p>Owner: any thread.
 */
public final class MetadataVersion {
  /** The feature's name, as Kafka's. */
  public static final String FEATURE = "metadata.version";

  public static final int OLDEST = 1;
  public static final int MARKS_POSSIBLE_LOSS = 2;
  public static final int REASSIGNS_PARTITIONS = 3;
  public static final int KNOWS_CONDITIONS = 3;
  public static final int HAS_ONE_MINIMUM = 3;
  public static final int REMEMBERS_CUT_LOGS = 3;
  public static final int HAS_CLIENT_QUOTAS = 4;
  public static final int HAS_CLIENT_METRICS = 4;
  public static final int NEWEST = HAS_CLIENT_QUOTAS;

  private MetadataVersion() {}

  /** The level in use, given what is finalized. */
  public static int of(Map<String, Integer> features) {
    return features.getOrDefault(FEATURE, OLDEST);
  }

  /** The lowest level under which the record may be written. */
  public static int needed(MetadataRecord record) {
    if (record instanceof Partition partition) {
      PartitionImage image = partition.image();
      return needed(image.isReassigning() || !image.maybeCut().isEmpty(), image.possibleLoss());
    }
    if (record instanceof PartitionChange change) {
      return needed(
          change.adding() != null || change.removing() != null || change.maybeCut() != null,
          change.possibleLoss() != null);
    }
    if (record instanceof Config config) {
      return config.resource().type() == ConfigResource.Type.CLIENT_METRICS
          ? HAS_CLIENT_METRICS
          : OLDEST;
    }
    if (record instanceof ClientQuota) {
      return HAS_CLIENT_QUOTAS;
    }
    return record instanceof ReplicaConditions ? KNOWS_CONDITIONS : OLDEST;
  }

  private static int needed(boolean reassignsOrCut, boolean marksLoss) {
    if (reassignsOrCut) {
      return REASSIGNS_PARTITIONS;
    }
    return marksLoss ? MARKS_POSSIBLE_LOSS : OLDEST;
  }
}
