package io.millrace.metadata;

import io.millrace.metadata.MetadataRecord.Config;
import io.millrace.metadata.MetadataRecord.NoOp;
import io.millrace.metadata.MetadataRecord.Partition;
import io.millrace.metadata.MetadataRecord.PartitionChange;
import io.millrace.metadata.MetadataRecord.ProducerIds;
import io.millrace.metadata.MetadataRecord.Topic;
import java.util.List;

/**
 * How many bytes {@link MetadataCodec} makes of a record. Those of which there are many, or which
 * may be large, are counted without encoding them.
 *
 * <p>Owner: any thread.
 */
public final class RecordSize {
  private static final long TYPE_AND_VERSION = 2;
  private static final long NO_TAGS = 1;
  private static final long UUID = 16;
  private static final long FLAG_TAG = 3;

  private RecordSize() {}

  /** Bytes of the encoded record. */
  public static long of(MetadataRecord record) {
    if (record instanceof Config config) {
      return TYPE_AND_VERSION
          + 1
          + string(config.resource().name())
          + string(config.key())
          + string(config.value())
          + NO_TAGS;
    } else if (record instanceof PartitionChange change) {
      return TYPE_AND_VERSION
          + UUID
          + varint(change.partition())
          + nodeIds(change.replicas())
          + nodeIds(change.isr())
          + nodeIds(change.lastIsr())
          + NO_TAGS
          + (change.leader() == null ? 0 : 2 + varint(change.leader() + 1L))
          + (change.possibleLoss() == null ? 0 : FLAG_TAG);
    } else if (record instanceof Partition partition) {
      PartitionImage image = partition.image();
      return TYPE_AND_VERSION
          + UUID
          + varint(image.partition())
          + nodeIds(image.replicas())
          + nodeIds(image.isr())
          + nodeIds(image.lastIsr())
          + varint(image.leader() + 1L)
          + varint(image.leaderEpoch())
          + varint(image.partitionEpoch())
          + NO_TAGS
          + (image.possibleLoss() ? FLAG_TAG : 0);
    } else if (record instanceof Topic topic) {
      return TYPE_AND_VERSION + UUID + string(topic.name()) + NO_TAGS;
    } else if (record instanceof ProducerIds ids) {
      return TYPE_AND_VERSION + varint(ids.next()) + NO_TAGS;
    } else if (record instanceof NoOp) {
      return TYPE_AND_VERSION + NO_TAGS;
    }
    return MetadataCodec.encode(record).length;
  }

  /** Bytes of all of them, each with its length before it, as in a message of the quorum. */
  public static long of(List<MetadataRecord> records) {
    long bytes = 0;
    for (MetadataRecord record : records) {
      long size = of(record);
      bytes += varint(size) + size;
    }
    return bytes;
  }

  private static long nodeIds(List<Integer> ids) {
    if (ids == null) {
      return 1;
    }
    long bytes = varint(ids.size() + 1L);
    for (int id : ids) {
      bytes += varint(id);
    }
    return bytes;
  }

  private static long string(String value) {
    if (value == null) {
      return 1;
    }
    long bytes = 0;
    for (int i = 0; i < value.length(); i++) {
      char one = value.charAt(i);
      if (one < 0x80) {
        bytes++;
      } else if (one < 0x800) {
        bytes += 2;
      } else if (Character.isHighSurrogate(one)
          && i + 1 < value.length()
          && Character.isLowSurrogate(value.charAt(i + 1))) {
        bytes += 4;
        i++;
      } else {
        bytes += Character.isSurrogate(one) ? 1 : 3; // half of a pair becomes a question mark
      }
    }
    return varint(bytes + 1) + bytes;
  }

  private static long varint(long value) {
    return Math.max(1, (Long.SIZE - Long.numberOfLeadingZeros(value) + 6) / 7);
  }
}
