package io.millrace.metadata;

import io.millrace.metadata.MetadataRecord.ClusterId;
import io.millrace.metadata.MetadataRecord.Config;
import io.millrace.metadata.MetadataRecord.Feature;
import io.millrace.metadata.MetadataRecord.FenceBroker;
import io.millrace.metadata.MetadataRecord.NoOp;
import io.millrace.metadata.MetadataRecord.Partition;
import io.millrace.metadata.MetadataRecord.PartitionChange;
import io.millrace.metadata.MetadataRecord.ProducerIds;
import io.millrace.metadata.MetadataRecord.RegisterBroker;
import io.millrace.metadata.MetadataRecord.RemoveTopic;
import io.millrace.metadata.MetadataRecord.Topic;
import io.millrace.metadata.MetadataRecord.UnfenceBroker;
import io.millrace.metadata.MetadataRecord.Voters;
import io.millrace.model.TopicId;
import io.millrace.model.VoterId;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
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
 *   4  RegisterBroker        0   nodeId v | flags u8 (1 = fenced) | rack str
 *                                | endpoints v * (listener str | host str | port v)
 *                                tag 0: epoch v (only in snapshots)
 *   5  FenceBroker           0   nodeId v | epoch v
 *   6  UnfenceBroker         0   nodeId v | epoch v
 *   7  Topic                 0   id uuid | name str
 *   8  Partition             0   topic uuid | partition v | replicas ids | isr ids
 *                                | lastIsr ids | leader n | leaderEpoch v | partitionEpoch v
 *   9  PartitionChange       0   topic uuid | partition v | replicas ids | isr ids | lastIsr ids
 *                                tag 0: leader n
 *  10  RemoveTopic           0   id uuid
 *  11  Config                0   resource u8 (0 = topic, 1 = broker, 2 = group) | name str | key str
 *                                | value str
 *  12  ProducerIds           0   next v
 *  13  Voters                0   voters v * (nodeId v | directory uuid), ascending
 * </pre>
 *
 * <p>A field that older versions may overlook is added as a tag: unknown tags are skipped. One that
 * they may not overlook raises the version: an unknown version or type is refused.
 *
 * <p>Owner: any thread.
 */
public final class MetadataCodec {
  private static final int VERSION = 0;
  private static final int FENCED_FLAG = 1;
  private static final int TAG_EPOCH = 0;
  private static final int TAG_LEADER = 0;

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
  private static final int NEWEST_TYPE = VOTERS;

  private MetadataCodec() {}

  /** The bytes of a record. */
  public static byte[] encode(MetadataRecord record) {
    FieldWriter out = new FieldWriter();
    if (record instanceof Partition partition) {
      start(out, PARTITION);
      PartitionImage image = partition.image();
      uuid(out, partition.topicId());
      out.varint(image.partition());
      out.nodeIds(image.replicas());
      out.nodeIds(image.isr());
      out.nodeIds(image.lastIsr());
      out.orMinusOne(image.leader());
      out.varint(image.leaderEpoch());
      out.varint(image.partitionEpoch());
      out.varint(0);
    } else if (record instanceof PartitionChange change) {
      start(out, PARTITION_CHANGE);
      uuid(out, change.topicId());
      out.varint(change.partition());
      out.nodeIds(change.replicas());
      out.nodeIds(change.isr());
      out.nodeIds(change.lastIsr());
      if (change.leader() == null) {
        out.varint(0);
      } else {
        FieldWriter leader = new FieldWriter();
        leader.orMinusOne(change.leader());
        oneTag(out, TAG_LEADER, leader);
      }
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
    } else {
      encodeSmall(out, record);
    }
    return out.toBytes();
  }

  private static void encodeSmall(FieldWriter out, MetadataRecord record) {
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
        out.i64(voter.directoryId().getMostSignificantBits());
        out.i64(voter.directoryId().getLeastSignificantBits());
      }
    } else {
      throw new IllegalArgumentException("No encoding for " + record.getClass());
    }
    out.varint(0);
  }

  private static void registerBroker(FieldWriter out, RegisterBroker broker) {
    start(out, REGISTER_BROKER);
    out.varint(broker.nodeId());
    out.u8(broker.fenced() ? FENCED_FLAG : 0);
    out.string(broker.rack());
    out.varint(broker.endpoints().size());
    for (Endpoint endpoint : broker.endpoints()) {
      out.string(endpoint.listener());
      out.string(endpoint.host());
      out.varint(endpoint.port());
    }
    if (broker.epoch() == RegisterBroker.EPOCH_IS_OFFSET) {
      out.varint(0);
    } else {
      FieldWriter epoch = new FieldWriter();
      epoch.varint(broker.epoch());
      oneTag(out, TAG_EPOCH, epoch);
    }
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
    if (type < NO_OP || type > NEWEST_TYPE || version > VERSION) {
      throw new MetadataFormatException(
          "Metadata record of type "
              + type
              + " version "
              + version
              + " is unknown to this version of Millrace, which reads types up to "
              + NEWEST_TYPE
              + " in version "
              + VERSION
              + ": it was written by a newer one; start that one again");
    }
    MetadataRecord record = fields(type, in);
    if (in.remaining() > 0) {
      throw new MetadataFormatException(
          "Metadata record of type " + type + " has " + in.remaining() + " bytes too many");
    }
    return record;
  }

  private static MetadataRecord fields(int type, FieldReader in) {
    return switch (type) {
      case PARTITION -> skipTags(in, new Partition(uuid(in), partitionImage(in)));
      case PARTITION_CHANGE -> partitionChange(in);
      case TOPIC -> skipTags(in, new Topic(uuid(in), in.string()));
      case CONFIG -> skipTags(in, new Config(resource(in), in.string(), in.nullableString()));
      case REGISTER_BROKER -> registerBroker(in);
      case NO_OP -> skipTags(in, NoOp.INSTANCE);
      case CLUSTER_ID -> skipTags(in, new ClusterId(in.string()));
      case FEATURE -> skipTags(in, new Feature(in.string(), in.count()));
      case FENCE_BROKER -> skipTags(in, new FenceBroker(in.count(), in.varint()));
      case UNFENCE_BROKER -> skipTags(in, new UnfenceBroker(in.count(), in.varint()));
      case REMOVE_TOPIC -> skipTags(in, new RemoveTopic(uuid(in)));
      case PRODUCER_IDS -> skipTags(in, new ProducerIds(in.varint()));
      case VOTERS -> skipTags(in, voters(in));
      default -> throw new AssertionError("type " + type + " passed the check");
    };
  }

  private static ConfigResource resource(FieldReader in) {
    return new ConfigResource(resourceType(in.u8()), in.string());
  }

  private static PartitionImage partitionImage(FieldReader in) {
    return new PartitionImage(
        in.count(),
        in.nodeIds(),
        in.nodeIds(),
        in.nodeIds(),
        in.intOrMinusOne(),
        in.count(),
        in.count());
  }

  private static Voters voters(FieldReader in) {
    int count = in.need(in.count()); // each takes more than a byte
    if (count == 0) {
      throw new MetadataFormatException("Metadata record of a quorum without voters");
    }
    Set<VoterId> voters = new LinkedHashSet<>();
    for (int i = 0; i < count; i++) {
      voters.add(new VoterId(in.count(), new UUID(in.i64(), in.i64())));
    }
    return new Voters(voters);
  }

  private static MetadataRecord registerBroker(FieldReader in) {
    int nodeId = in.count();
    boolean fenced = (in.u8() & FENCED_FLAG) != 0;
    String rack = in.nullableString();
    int count = in.need(in.count()); // each takes more than a byte
    List<Endpoint> endpoints = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      endpoints.add(new Endpoint(in.string(), in.string(), in.count()));
    }
    FieldReader epoch = tag(in, TAG_EPOCH);
    return new RegisterBroker(
        nodeId,
        endpoints,
        rack,
        fenced,
        epoch == null ? RegisterBroker.EPOCH_IS_OFFSET : epoch.varint());
  }

  private static MetadataRecord partitionChange(FieldReader in) {
    TopicId topic = uuid(in);
    int partition = in.count();
    List<Integer> replicas = in.nullableNodeIds();
    List<Integer> isr = in.nullableNodeIds();
    List<Integer> lastIsr = in.nullableNodeIds();
    FieldReader leader = tag(in, TAG_LEADER);
    return new PartitionChange(
        topic, partition, replicas, isr, lastIsr, leader == null ? null : leader.intOrMinusOne());
  }

  private static void start(FieldWriter out, int type) {
    out.u8(type);
    out.u8(VERSION);
  }

  private static void uuid(FieldWriter out, TopicId id) {
    out.i64(id.mostSignificantBits());
    out.i64(id.leastSignificantBits());
  }

  private static TopicId uuid(FieldReader in) {
    return new TopicId(in.i64(), in.i64());
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

  private static void oneTag(FieldWriter out, int tag, FieldWriter value) {
    byte[] bytes = value.toBytes();
    out.varint(1);
    out.varint(tag);
    out.varint(bytes.length);
    out.raw(bytes);
  }

  private static MetadataRecord skipTags(FieldReader in, MetadataRecord record) {
    tag(in, -1);
    return record;
  }

  /** Reads all tagged fields and returns the value of the wanted one; null = it is not there. */
  private static FieldReader tag(FieldReader in, int wanted) {
    FieldReader found = null;
    int count = in.count();
    for (int i = 0; i < count; i++) {
      int tag = in.count();
      FieldReader value = in.slice(in.count());
      if (tag == wanted) {
        found = value;
      }
    }
    return found;
  }
}
