package io.millrace.metadata;

import io.millrace.metadata.MetadataRecord.ForgetTopics;
import io.millrace.metadata.MetadataRecord.Partition;
import io.millrace.metadata.MetadataRecord.PartitionChange;
import io.millrace.metadata.MetadataRecord.RemoveTopic;
import io.millrace.metadata.MetadataRecord.Removed;
import io.millrace.metadata.MetadataRecord.ReplicaConditions;
import io.millrace.metadata.MetadataRecord.Topic;
import io.millrace.metadata.MetadataRecord.TopicRecord;
import io.millrace.model.TopicId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * The bytes of what is said about topics and their partitions; {@link MetadataCodec} draws them.
 *
 * <p>Owner: any thread.
 */
final class TopicRecordCodec {
  static final int TOPIC = 7;
  static final int PARTITION = 8;
  static final int PARTITION_CHANGE = 9;
  static final int REMOVE_TOPIC = 10;
  static final int REMOVED = 17;
  static final int FORGET_TOPICS = 18;
  static final int REPLICA_CONDITIONS = 19;

  private static final int TAG_LEADER = 0;
  private static final int TAG_LOSS_OF_PARTITION = 0;
  private static final int TAG_LOSS_OF_CHANGE = 1;
  private static final int TAG_ADDING_OF_PARTITION = 1;
  private static final int TAG_REMOVING_OF_PARTITION = 2;
  private static final int TAG_MAYBE_CUT_OF_PARTITION = 3;
  private static final int TAG_ADDING_OF_CHANGE = 2;
  private static final int TAG_REMOVING_OF_CHANGE = 3;
  private static final int TAG_MAYBE_CUT_OF_CHANGE = 4;

  private TopicRecordCodec() {}

  static void write(FieldWriter out, TopicRecord record) {
    if (record instanceof Partition partition) {
      writePartition(out, partition);
    } else if (record instanceof PartitionChange change) {
      writeChange(out, change);
    } else {
      writeTopic(out, record);
      TaggedFields.none(out);
    }
  }

  private static void writePartition(FieldWriter out, Partition partition) {
    PartitionImage image = partition.image();
    boolean newest = image.isReassigning() || !image.maybeCut().isEmpty();
    MetadataCodec.start(out, PARTITION, version(newest, image.possibleLoss()));
    out.topicId(partition.topicId());
    out.varint(image.partition());
    out.nodeIds(image.replicas());
    out.nodeIds(image.isr());
    out.nodeIds(image.lastIsr());
    out.orMinusOne(image.leader());
    out.varint(image.leaderEpoch());
    out.varint(image.partitionEpoch());
    TaggedFields tags = new TaggedFields();
    if (image.possibleLoss()) {
      tags.add(TAG_LOSS_OF_PARTITION).u8(1);
    }
    if (image.isReassigning()) {
      tags.add(TAG_ADDING_OF_PARTITION).nodeIds(image.adding());
      tags.add(TAG_REMOVING_OF_PARTITION).nodeIds(image.removing());
    }
    if (!image.maybeCut().isEmpty()) {
      tags.add(TAG_MAYBE_CUT_OF_PARTITION).nodeIds(image.maybeCut());
    }
    tags.writeTo(out);
  }

  private static void writeChange(FieldWriter out, PartitionChange change) {
    boolean newest =
        change.adding() != null || change.removing() != null || change.maybeCut() != null;
    MetadataCodec.start(out, PARTITION_CHANGE, version(newest, change.possibleLoss() != null));
    out.topicId(change.topicId());
    out.varint(change.partition());
    out.nodeIds(change.replicas());
    out.nodeIds(change.isr());
    out.nodeIds(change.lastIsr());
    TaggedFields tags = new TaggedFields();
    if (change.leader() != null) {
      tags.add(TAG_LEADER).orMinusOne(change.leader());
    }
    if (change.possibleLoss() != null) {
      tags.add(TAG_LOSS_OF_CHANGE).u8(change.possibleLoss() ? 1 : 0);
    }
    if (change.adding() != null) {
      tags.add(TAG_ADDING_OF_CHANGE).nodeIds(change.adding());
    }
    if (change.removing() != null) {
      tags.add(TAG_REMOVING_OF_CHANGE).nodeIds(change.removing());
    }
    if (change.maybeCut() != null) {
      tags.add(TAG_MAYBE_CUT_OF_CHANGE).nodeIds(change.maybeCut());
    }
    tags.writeTo(out);
  }

  private static int version(boolean newest, boolean marksLoss) {
    if (newest) {
      return 2;
    }
    return marksLoss ? 1 : 0;
  }

  private static void writeTopic(FieldWriter out, TopicRecord record) {
    if (record instanceof Topic topic) {
      MetadataCodec.start(out, TOPIC, 0);
      out.topicId(topic.id());
      out.string(topic.name());
    } else if (record instanceof RemoveTopic remove) {
      MetadataCodec.start(out, REMOVE_TOPIC, 0);
      out.topicId(remove.id());
    } else if (record instanceof Removed removed) {
      MetadataCodec.start(out, REMOVED, 0);
      out.topicId(removed.id());
      out.varint(removed.topic().offset());
      out.nodeIds(new ArrayList<>(new TreeSet<>(removed.topic().nodes())));
    } else if (record instanceof ForgetTopics topics) {
      MetadataCodec.start(out, FORGET_TOPICS, 0);
      out.varint(topics.ids().size());
      topics.ids().forEach(out::topicId);
    } else if (record instanceof ReplicaConditions replicas) {
      MetadataCodec.start(out, REPLICA_CONDITIONS, 0);
      out.topicId(replicas.topicId());
      out.varint(replicas.nodeId());
      out.u8(replicas.condition().code());
      out.nodeIds(replicas.partitions());
    } else {
      throw new IllegalArgumentException("No encoding for " + record.getClass());
    }
  }

  static MetadataRecord read(int type, FieldReader in) {
    return switch (type) {
      case TOPIC -> TaggedFields.skip(in, new Topic(in.topicId(), in.string()));
      case PARTITION -> new Partition(in.topicId(), partition(in));
      case PARTITION_CHANGE -> change(in);
      case REMOVE_TOPIC -> TaggedFields.skip(in, new RemoveTopic(in.topicId()));
      case REMOVED -> TaggedFields.skip(in, removed(in));
      case FORGET_TOPICS -> TaggedFields.skip(in, forgetTopics(in));
      case REPLICA_CONDITIONS -> TaggedFields.skip(in, replicaConditions(in));
      default -> throw new AssertionError("type " + type + " passed the check");
    };
  }

  private static PartitionImage partition(FieldReader in) {
    int partition = in.count();
    List<Integer> replicas = in.nodeIds();
    List<Integer> isr = in.nodeIds();
    List<Integer> lastIsr = in.nodeIds();
    int leader = in.intOrMinusOne();
    int leaderEpoch = in.count();
    int partitionEpoch = in.count();
    Map<Integer, FieldReader> tags = TaggedFields.read(in);
    FieldReader adding = tags.get(TAG_ADDING_OF_PARTITION);
    FieldReader removing = tags.get(TAG_REMOVING_OF_PARTITION);
    FieldReader maybeCut = tags.get(TAG_MAYBE_CUT_OF_PARTITION);
    return new PartitionImage(
        partition,
        replicas,
        isr,
        lastIsr,
        leader,
        leaderEpoch,
        partitionEpoch,
        Boolean.TRUE.equals(flag(tags.get(TAG_LOSS_OF_PARTITION))),
        adding == null ? List.of() : adding.nodeIds(),
        removing == null ? List.of() : removing.nodeIds(),
        maybeCut == null ? List.of() : maybeCut.nodeIds());
  }

  private static PartitionChange change(FieldReader in) {
    TopicId topic = in.topicId();
    int partition = in.count();
    List<Integer> replicas = in.nullableNodeIds();
    List<Integer> isr = in.nullableNodeIds();
    List<Integer> lastIsr = in.nullableNodeIds();
    Map<Integer, FieldReader> tags = TaggedFields.read(in);
    FieldReader leader = tags.get(TAG_LEADER);
    FieldReader adding = tags.get(TAG_ADDING_OF_CHANGE);
    FieldReader removing = tags.get(TAG_REMOVING_OF_CHANGE);
    FieldReader maybeCut = tags.get(TAG_MAYBE_CUT_OF_CHANGE);
    return new PartitionChange(
        topic,
        partition,
        replicas,
        isr,
        lastIsr,
        leader == null ? null : (Integer) leader.intOrMinusOne(),
        flag(tags.get(TAG_LOSS_OF_CHANGE)),
        adding == null ? null : adding.nodeIds(),
        removing == null ? null : removing.nodeIds(),
        maybeCut == null ? null : maybeCut.nodeIds());
  }

  /** null = it is not there. */
  private static Boolean flag(FieldReader value) {
    return value == null ? null : (Boolean) (value.u8() != 0);
  }

  private static Removed removed(FieldReader in) {
    return new Removed(in.topicId(), new RemovedTopic(in.varint(), new HashSet<>(in.nodeIds())));
  }

  private static ReplicaConditions replicaConditions(FieldReader in) {
    return new ReplicaConditions(in.topicId(), in.count(), condition(in.u8()), in.nodeIds());
  }

  private static ReplicaCondition condition(int code) {
    ReplicaCondition condition = ReplicaCondition.of(code);
    if (condition == null) {
      throw new MetadataFormatException("Replicas in the unknown condition " + code);
    }
    return condition;
  }

  private static ForgetTopics forgetTopics(FieldReader in) {
    int count = in.need(in.count()); // each takes more than a byte
    List<TopicId> ids = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      ids.add(in.topicId());
    }
    return new ForgetTopics(ids);
  }
}
