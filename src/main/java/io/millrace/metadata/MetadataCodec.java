package io.millrace.metadata;

import io.millrace.metadata.MetadataRecord.ClusterId;
import io.millrace.metadata.MetadataRecord.Config;
import io.millrace.metadata.MetadataRecord.Feature;
import io.millrace.metadata.MetadataRecord.FenceBroker;
import io.millrace.metadata.MetadataRecord.ForgetTopics;
import io.millrace.metadata.MetadataRecord.NoOp;
import io.millrace.metadata.MetadataRecord.Partition;
import io.millrace.metadata.MetadataRecord.PartitionChange;
import io.millrace.metadata.MetadataRecord.ProducerIds;
import io.millrace.metadata.MetadataRecord.RegisterBroker;
import io.millrace.metadata.MetadataRecord.RegisterController;
import io.millrace.metadata.MetadataRecord.RemoveTopic;
import io.millrace.metadata.MetadataRecord.Removed;
import io.millrace.metadata.MetadataRecord.StopBroker;
import io.millrace.metadata.MetadataRecord.Topic;
import io.millrace.metadata.MetadataRecord.UnfenceBroker;
import io.millrace.metadata.MetadataRecord.UnregisterNode;
import io.millrace.metadata.MetadataRecord.Voters;
import io.millrace.model.TopicId;
import io.millrace.model.VoterId;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

/**
 * The bytes of a {@link MetadataRecord}: the value of one record in a batch of the metadata log.
 *
 * <pre>
 *  0      1         2
 *  +------+---------+----------------+---------------------------------------+
 *  | type | version | fixed fields   | tagged fields                         |
 *  +------+---------+----------------+---------------------------------------+
 *  tagged fields:  count v | (tag v | size v | bytes) ...   ascending tags
 *
 *  v       unsigned varint: 7 bits a byte, least significant first
 *  n       v of the number plus one, so that 0 says -1
 *  str     n of the length in bytes, then UTF-8; -1 = null
 *  ids     n of the count, then each node id as v; -1 = null
 *  uuid    16 bytes, big endian
 *
 *  type                 version  fixed fields
 *   1  NoOp                  0   -
 *   2  ClusterId             0   id str
 *   3  Feature               0   name str | level v
 *   4  RegisterBroker        0   nodeId v | flags u8 (1 = fenced, 2 = shutting down, 4 = may vote)
 *                                | rack str | endpoints v * (listener str | host str | port v)
 *                                tag 0: epoch v (only in snapshots)
 *                                tag 1: incarnation uuid
 *                                tag 2: directories v * uuid
 *                                tag 3: features v * (name str | min v | max v), by name
 *   5  FenceBroker           0   nodeId v | epoch v
 *   6  UnfenceBroker         0   nodeId v | epoch v
 *   7  Topic                 0   id uuid | name str
 *   8  Partition             0   topic uuid | partition v | replicas ids | isr ids
 *                                | lastIsr ids | leader n | leaderEpoch v | partitionEpoch v
 *                            1   tag 0: possibleLoss u8 (1)
 *                            2   tag 1: adding ids; tag 2: removing ids
 *   9  PartitionChange       0   topic uuid | partition v | replicas ids | isr ids | lastIsr ids
 *                                tag 0: leader n
 *                            1   tag 1: possibleLoss u8 (0, 1)
 *                            2   tag 2: adding ids; tag 3: removing ids
 *  10  RemoveTopic           0   id uuid
 *  11  Config                0   resource u8 (0 = topic, 1 = broker, 2 = group) | name str | key str
 *                                | value str
 *  12  ProducerIds           0   next v
 *  13  Voters                0   voters v * (nodeId v | directory uuid), ascending
 *  14  RegisterController    0   nodeId v | flags u8 (4 = may vote)
 *                                tags as of RegisterBroker
 *  15  UnregisterNode        0   nodeId v | epoch v
 *  16  StopBroker            0   nodeId v | epoch v
 *  17  Removed               0   id uuid | offset v | nodes ids, ascending
 *  18  ForgetTopics          0   ids v * uuid
 * </pre>
 *
 * <p>A version of a record is written only where it says something that the one before it cannot
 * say, and only when the {@link MetadataVersion} that it needs is finalized: 2 for version 1, 3 for
 * version 2.
 *
 * <p>A field that older versions may overlook is added as a tag: unknown tags are skipped. One that
 * they may not overlook raises the version: an unknown version or type is refused.
 *
 * <p>Owner: any thread.
 */
public final class MetadataCodec {
  private static final int NEWEST_VERSION = 2;
  private static final int FENCED_FLAG = 1;
  private static final int STOPPING_FLAG = 2;
  private static final int VOTER_FLAG = 4;
  private static final int TAG_EPOCH = 0;
  private static final int TAG_INCARNATION = 1;
  private static final int TAG_DIRECTORIES = 2;
  private static final int TAG_FEATURES = 3;
  private static final int TAG_LEADER = 0;
  private static final int TAG_LOSS_OF_PARTITION = 0;
  private static final int TAG_LOSS_OF_CHANGE = 1;
  private static final int TAG_ADDING_OF_PARTITION = 1;
  private static final int TAG_REMOVING_OF_PARTITION = 2;
  private static final int TAG_ADDING_OF_CHANGE = 2;
  private static final int TAG_REMOVING_OF_CHANGE = 3;

  private static final int NO_OP = 1;
  private static final int CLUSTER_ID = 2;
  private static final int FEATURE = 3;
  private static final int REGISTER_BROKER = 4;
  private static final int FENCE_BROKER = 5;
  private static final int UNFENCE_BROKER = 6;
  private static final int TOPIC = 7;
  private static final int PARTITION = 8;
  private static final int PARTITION_CHANGE = 9;
  private static final int REMOVE_TOPIC = 10;
  private static final int CONFIG = 11;
  private static final int PRODUCER_IDS = 12;
  private static final int VOTERS = 13;
  private static final int REGISTER_CONTROLLER = 14;
  private static final int UNREGISTER_NODE = 15;
  private static final int STOP_BROKER = 16;
  private static final int REMOVED = 17;
  private static final int FORGET_TOPICS = 18;
  private static final int NEWEST_TYPE = FORGET_TOPICS;

  private MetadataCodec() {}

  /** The bytes of a record. */
  public static byte[] encode(MetadataRecord record) {
    FieldWriter out = new FieldWriter();
    write(out, record);
    return out.toBytes();
  }

  /**
   * Bytes of the encoded records, each with its length before it, as in a message of the quorum.
   */
  public static long size(List<MetadataRecord> records) {
    FieldWriter lengths = FieldWriter.counting();
    long bytes = 0;
    for (MetadataRecord record : records) {
      int size = size(record);
      lengths.varint(size);
      bytes += size;
    }
    return lengths.size() + bytes;
  }

  /** Bytes of an encoded record. */
  static int size(MetadataRecord record) {
    FieldWriter out = FieldWriter.counting();
    write(out, record);
    return out.size();
  }

  private static void write(FieldWriter out, MetadataRecord record) {
    if (record instanceof Partition partition) {
      PartitionImage image = partition.image();
      start(out, PARTITION, version(image.isReassigning(), image.possibleLoss()));
      uuid(out, partition.topicId());
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
      tags.writeTo(out);
    } else if (record instanceof PartitionChange change) {
      boolean reassigns = change.adding() != null || change.removing() != null;
      start(out, PARTITION_CHANGE, version(reassigns, change.possibleLoss() != null));
      uuid(out, change.topicId());
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
      tags.writeTo(out);
    } else if (record instanceof Topic topic) {
      start(out, TOPIC);
      uuid(out, topic.id());
      out.string(topic.name());
      out.varint(0);
    } else if (record instanceof Config config) {
      start(out, CONFIG);
      out.u8(resourceCode(config.resource().type()));
      out.string(config.resource().name());
      out.string(config.key());
      out.string(config.value());
      out.varint(0);
    } else if (record instanceof RegisterBroker broker) {
      registerBroker(out, broker);
    } else if (record instanceof RegisterController node) {
      start(out, REGISTER_CONTROLLER);
      out.varint(node.nodeId());
      out.u8(node.traits().voter() ? VOTER_FLAG : 0);
      traits(node.epoch(), node.traits()).writeTo(out);
    } else {
      writeSmall(out, record);
    }
  }

  private static int version(boolean reassigns, boolean marksLoss) {
    if (reassigns) {
      return 2;
    }
    return marksLoss ? 1 : 0;
  }

  private static void writeSmall(FieldWriter out, MetadataRecord record) {
    if (record instanceof NoOp) {
      start(out, NO_OP);
    } else if (record instanceof ClusterId cluster) {
      start(out, CLUSTER_ID);
      out.string(cluster.id());
    } else if (record instanceof Feature feature) {
      start(out, FEATURE);
      out.string(feature.name());
      out.varint(feature.level());
    } else if (record instanceof FenceBroker fence) {
      start(out, FENCE_BROKER);
      out.varint(fence.nodeId());
      out.varint(fence.epoch());
    } else if (record instanceof UnfenceBroker unfence) {
      start(out, UNFENCE_BROKER);
      out.varint(unfence.nodeId());
      out.varint(unfence.epoch());
    } else if (record instanceof RemoveTopic remove) {
      start(out, REMOVE_TOPIC);
      uuid(out, remove.id());
    } else if (record instanceof ProducerIds ids) {
      start(out, PRODUCER_IDS);
      out.varint(ids.next());
    } else if (record instanceof Voters voters) {
      start(out, VOTERS);
      out.varint(voters.voters().size());
      for (VoterId voter : new TreeSet<>(voters.voters())) {
        out.varint(voter.nodeId());
        uuid(out, voter.directoryId());
      }
    } else if (record instanceof UnregisterNode node) {
      start(out, UNREGISTER_NODE);
      out.varint(node.nodeId());
      out.varint(node.epoch());
    } else if (record instanceof StopBroker stop) {
      start(out, STOP_BROKER);
      out.varint(stop.nodeId());
      out.varint(stop.epoch());
    } else if (record instanceof Removed removed) {
      start(out, REMOVED);
      uuid(out, removed.id());
      out.varint(removed.topic().offset());
      out.nodeIds(new ArrayList<>(new TreeSet<>(removed.topic().nodes())));
    } else if (record instanceof ForgetTopics topics) {
      start(out, FORGET_TOPICS);
      out.varint(topics.ids().size());
      topics.ids().forEach(id -> uuid(out, id));
    } else {
      throw new IllegalArgumentException("No encoding for " + record.getClass());
    }
    out.varint(0);
  }

  private static void registerBroker(FieldWriter out, RegisterBroker broker) {
    start(out, REGISTER_BROKER);
    out.varint(broker.nodeId());
    out.u8(
        (broker.fenced() ? FENCED_FLAG : 0)
            | (broker.shuttingDown() ? STOPPING_FLAG : 0)
            | (broker.traits().voter() ? VOTER_FLAG : 0));
    out.string(broker.rack());
    out.varint(broker.endpoints().size());
    for (Endpoint endpoint : broker.endpoints()) {
      out.string(endpoint.listener());
      out.string(endpoint.host());
      out.varint(endpoint.port());
    }
    traits(broker.epoch(), broker.traits()).writeTo(out);
  }

  private static TaggedFields traits(long epoch, NodeTraits traits) {
    TaggedFields tags = new TaggedFields();
    if (epoch != RegisterBroker.EPOCH_IS_OFFSET) {
      tags.add(TAG_EPOCH).varint(epoch);
    }
    if (traits.incarnation() != null) {
      uuid(tags.add(TAG_INCARNATION), traits.incarnation());
    }
    if (!traits.directories().isEmpty()) {
      FieldWriter directories = tags.add(TAG_DIRECTORIES);
      directories.varint(traits.directories().size());
      traits.directories().forEach(id -> uuid(directories, id));
    }
    if (!traits.features().isEmpty()) {
      FieldWriter features = tags.add(TAG_FEATURES);
      features.varint(traits.features().size());
      new TreeMap<>(traits.features())
          .forEach(
              (name, range) -> {
                features.string(name);
                features.varint(range.min());
                features.varint(range.max());
              });
    }
    return tags;
  }

  /**
   * Reads one record from the buffer's position to its limit; its position is moved to the end.
   *
   * @throws MetadataFormatException if the bytes are damaged, or the type or version is unknown
   */
  public static MetadataRecord decode(ByteBuffer value) {
    FieldReader in = new FieldReader(value);
    int type = in.u8();
    int version = in.u8();
    if (type < NO_OP || type > NEWEST_TYPE || version > newestVersion(type)) {
      throw new MetadataFormatException(
          "Metadata record of type "
              + type
              + " version "
              + version
              + " is unknown to this version of Millrace, which reads types up to "
              + NEWEST_TYPE
              + " in versions up to "
              + NEWEST_VERSION
              + ": it was written by a newer one; start that one again");
    }
    MetadataRecord record = fields(type, in);
    if (in.remaining() > 0) {
      throw new MetadataFormatException(
          "Metadata record of type " + type + " has " + in.remaining() + " bytes too many");
    }
    return record;
  }

  private static int newestVersion(int type) {
    return type == PARTITION || type == PARTITION_CHANGE ? NEWEST_VERSION : 0;
  }

  private static MetadataRecord fields(int type, FieldReader in) {
    return switch (type) {
      case PARTITION -> new Partition(topicId(in), partitionImage(in));
      case PARTITION_CHANGE -> partitionChange(in);
      case TOPIC -> skipTags(in, new Topic(topicId(in), in.string()));
      case CONFIG -> skipTags(in, new Config(resource(in), in.string(), in.nullableString()));
      case REGISTER_BROKER -> registerBroker(in);
      case NO_OP -> skipTags(in, NoOp.INSTANCE);
      case CLUSTER_ID -> skipTags(in, new ClusterId(in.string()));
      case FEATURE -> skipTags(in, new Feature(in.string(), in.count()));
      case FENCE_BROKER -> skipTags(in, new FenceBroker(in.count(), in.varint()));
      case UNFENCE_BROKER -> skipTags(in, new UnfenceBroker(in.count(), in.varint()));
      case REMOVE_TOPIC -> skipTags(in, new RemoveTopic(topicId(in)));
      case PRODUCER_IDS -> skipTags(in, new ProducerIds(in.varint()));
      case VOTERS -> skipTags(in, voters(in));
      case REGISTER_CONTROLLER -> registerController(in);
      case UNREGISTER_NODE -> skipTags(in, new UnregisterNode(in.count(), in.varint()));
      case STOP_BROKER -> skipTags(in, new StopBroker(in.count(), in.varint()));
      case REMOVED ->
          skipTags(
              in,
              new Removed(topicId(in), new RemovedTopic(in.varint(), new HashSet<>(in.nodeIds()))));
      case FORGET_TOPICS -> skipTags(in, forgetTopics(in));
      default -> throw new AssertionError("type " + type + " passed the check");
    };
  }

  private static ConfigResource resource(FieldReader in) {
    return new ConfigResource(resourceType(in.u8()), in.string());
  }

  private static PartitionImage partitionImage(FieldReader in) {
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
        removing == null ? List.of() : removing.nodeIds());
  }

  /** null = it is not there. */
  private static Boolean flag(FieldReader value) {
    return value == null ? null : (Boolean) (value.u8() != 0);
  }

  private static ForgetTopics forgetTopics(FieldReader in) {
    int count = in.need(in.count()); // each takes more than a byte
    List<TopicId> ids = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      ids.add(topicId(in));
    }
    return new ForgetTopics(ids);
  }

  private static Voters voters(FieldReader in) {
    int count = in.need(in.count()); // each takes more than a byte
    if (count == 0) {
      throw new MetadataFormatException("Metadata record of a quorum without voters");
    }
    Set<VoterId> voters = new LinkedHashSet<>();
    for (int i = 0; i < count; i++) {
      voters.add(new VoterId(in.count(), uuid(in)));
    }
    return new Voters(voters);
  }

  private static MetadataRecord registerBroker(FieldReader in) {
    int nodeId = in.count();
    int flags = in.u8();
    String rack = in.nullableString();
    int count = in.need(in.count()); // each takes more than a byte
    List<Endpoint> endpoints = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      endpoints.add(new Endpoint(in.string(), in.string(), in.count()));
    }
    Map<Integer, FieldReader> tags = TaggedFields.read(in);
    return new RegisterBroker(
        nodeId,
        endpoints,
        rack,
        (flags & FENCED_FLAG) != 0,
        epoch(tags),
        (flags & STOPPING_FLAG) != 0,
        traits(flags, tags));
  }

  private static MetadataRecord registerController(FieldReader in) {
    int nodeId = in.count();
    int flags = in.u8();
    Map<Integer, FieldReader> tags = TaggedFields.read(in);
    return new RegisterController(nodeId, epoch(tags), traits(flags, tags));
  }

  private static long epoch(Map<Integer, FieldReader> tags) {
    FieldReader epoch = tags.get(TAG_EPOCH);
    return epoch == null ? RegisterBroker.EPOCH_IS_OFFSET : epoch.varint();
  }

  private static NodeTraits traits(int flags, Map<Integer, FieldReader> tags) {
    FieldReader incarnation = tags.get(TAG_INCARNATION);
    List<UUID> directories = new ArrayList<>();
    FieldReader ids = tags.get(TAG_DIRECTORIES);
    if (ids != null) {
      for (int left = ids.need(ids.count()); left > 0; left--) {
        directories.add(uuid(ids));
      }
    }
    Map<String, FeatureRange> features = new HashMap<>();
    FieldReader ranges = tags.get(TAG_FEATURES);
    if (ranges != null) {
      for (int left = ranges.need(ranges.count()); left > 0; left--) {
        features.put(ranges.string(), range(ranges.count(), ranges.count()));
      }
    }
    return new NodeTraits(
        incarnation == null ? null : uuid(incarnation),
        directories,
        features,
        (flags & VOTER_FLAG) != 0);
  }

  private static FeatureRange range(int min, int max) {
    if (max < min) {
      throw new MetadataFormatException("The levels " + min + " to " + max + " are no range");
    }
    return new FeatureRange(min, max);
  }

  private static MetadataRecord partitionChange(FieldReader in) {
    TopicId topic = topicId(in);
    int partition = in.count();
    List<Integer> replicas = in.nullableNodeIds();
    List<Integer> isr = in.nullableNodeIds();
    List<Integer> lastIsr = in.nullableNodeIds();
    Map<Integer, FieldReader> tags = TaggedFields.read(in);
    FieldReader leader = tags.get(TAG_LEADER);
    FieldReader adding = tags.get(TAG_ADDING_OF_CHANGE);
    FieldReader removing = tags.get(TAG_REMOVING_OF_CHANGE);
    return new PartitionChange(
        topic,
        partition,
        replicas,
        isr,
        lastIsr,
        leader == null ? null : (Integer) leader.intOrMinusOne(),
        flag(tags.get(TAG_LOSS_OF_CHANGE)),
        adding == null ? null : adding.nodeIds(),
        removing == null ? null : removing.nodeIds());
  }

  private static void start(FieldWriter out, int type) {
    start(out, type, 0);
  }

  private static void start(FieldWriter out, int type, int version) {
    out.u8(type);
    out.u8(version);
  }

  private static void uuid(FieldWriter out, TopicId id) {
    out.i64(id.mostSignificantBits());
    out.i64(id.leastSignificantBits());
  }

  private static void uuid(FieldWriter out, UUID id) {
    out.i64(id.getMostSignificantBits());
    out.i64(id.getLeastSignificantBits());
  }

  private static TopicId topicId(FieldReader in) {
    return new TopicId(in.i64(), in.i64());
  }

  private static UUID uuid(FieldReader in) {
    return new UUID(in.i64(), in.i64());
  }

  private static int resourceCode(ConfigResource.Type type) {
    return switch (type) {
      case TOPIC -> 0;
      case BROKER -> 1;
      case GROUP -> 2;
    };
  }

  private static ConfigResource.Type resourceType(int code) {
    return switch (code) {
      case 0 -> ConfigResource.Type.TOPIC;
      case 1 -> ConfigResource.Type.BROKER;
      case 2 -> ConfigResource.Type.GROUP;
      default -> throw new MetadataFormatException("Config resource of unknown type " + code);
    };
  }

  private static MetadataRecord skipTags(FieldReader in, MetadataRecord record) {
    TaggedFields.read(in);
    return record;
  }
}
