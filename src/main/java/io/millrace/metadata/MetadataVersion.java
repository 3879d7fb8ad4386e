package io.millrace.metadata;

import io.millrace.metadata.MetadataRecord.Feature;
import io.millrace.metadata.MetadataRecord.Partition;
import io.millrace.metadata.MetadataRecord.PartitionChange;
import java.util.Map;

/**
 * Levels of {@code metadata.version}: which records may be in the log. A cluster uses what is
 * finalized ({@link Feature}), whatever its nodes could do, so that a node can be taken back to an
 * older release until somebody finalizes a newer level.
 *
 * <pre>
 *  1   all records, without what follows; also the level of a log that does not say
 *  2   Partition and PartitionChange in version 1: a leader after a possible loss is marked
 * </pre>
 *
 * <p>Owner: any thread.
 */
public final class MetadataVersion {
  /** The feature's name, as Kafka's. */
  public static final String FEATURE = "metadata.version";

  public static final int OLDEST = 1;
  public static final int MARKS_POSSIBLE_LOSS = 2;
  public static final int NEWEST = MARKS_POSSIBLE_LOSS;

  private MetadataVersion() {}

  /** The level in use, given what is finalized. */
  public static int of(Map<String, Integer> features) {
    return features.getOrDefault(FEATURE, OLDEST);
  }

  /** The lowest level under which the record may be written. */
  public static int needed(MetadataRecord record) {
    if (record instanceof Partition partition) {
      return partition.image().possibleLoss() ? MARKS_POSSIBLE_LOSS : OLDEST;
    }
    if (record instanceof PartitionChange change) {
      return change.possibleLoss() == null ? OLDEST : MARKS_POSSIBLE_LOSS;
    }
    return OLDEST;
  }
}
