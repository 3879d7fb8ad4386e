package io.millrace.metadata;

import io.millrace.metadata.MetadataRecord.ClientQuota;
import io.millrace.metadata.MetadataRecord.ClusterId;
import io.millrace.metadata.MetadataRecord.Config;
import io.millrace.metadata.MetadataRecord.Feature;
import io.millrace.metadata.MetadataRecord.NoOp;
import io.millrace.metadata.MetadataRecord.NodeRecord;
import io.millrace.metadata.MetadataRecord.ProducerIds;
import io.millrace.metadata.MetadataRecord.TopicRecord;
import io.millrace.metadata.MetadataRecord.Voters;
import io.millrace.model.VoterId;
import java.nio.ByteBuffer;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

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
 *  f64     8 bytes, big endian, IEEE 754
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
 *                            2   tag 1: adding ids; tag 2: removing ids; tag 3: maybeCut ids
 *   9  PartitionChange       0   topic uuid | partition v | replicas ids | isr ids | lastIsr ids
 *                                tag 0: leader n
 *                            1   tag 1: possibleLoss u8 (0, 1)
 *                            2   tag 2: adding ids; tag 3: removing ids; tag 4: maybeCut ids
 *  10  RemoveTopic           0   id uuid
 *  11  Config                0   resource u8 (0 = topic, 1 = broker, 2 = group) | name str | key str
 *                                | value str
 *                            1   resource u8 (3 = clients' metrics)
 *  12  ProducerIds           0   next v
 *  13  Voters                0   voters v * (nodeId v | directory uuid), ascending
 *  14  RegisterController    0   nodeId v | flags u8 (4 = may vote)
 *                                tags as of RegisterBroker
 *  15  UnregisterNode        0   nodeId v | epoch v
 *  16  StopBroker            0   nodeId v | epoch v
 *  17  Removed               0   id uuid | offset v | nodes ids, ascending
 *  18  ForgetTopics          0   ids v * uuid
 *  19  ReplicaConditions     0   topic uuid | nodeId v
 *                                | condition u8 (0 = online, 1 = offline, 2 = full)
 *                                | partitions ids
 *  20  ClientQuota           0   parts u8 (1 = user, 2 = client id, 4 = ip)
 *                                | name str of each part (null = the default) | key str
 *                                | flags u8 (1 = set) | value f64 (if set)
 * </pre>
 *
 * <p>A version of a record is written only where it says something that the one before it cannot
 * say, and only when the {@link MetadataVersion} that it needs is finalized.
 *
 * <p>A field that older versions may overlook is added as a tag: unknown tags are skipped. One that
 * they may not overlook raises the version: an unknown version or type is refused.
 *
 * <p>Owner: any thread.
 */
public final class MetadataCodec {
  private static final int NEWEST_VERSION = 2;

  private static final int NO_OP = 1;
  private static final int CLUSTER_ID = 2;
  private static final int FEATURE = 3;
  private static final int CONFIG = 11;
  private static final int PRODUCER_IDS = 12;
  private static final int VOTERS = 13;
  private static final int CLIENT_QUOTA = 20;
  private static final int NEWEST_TYPE = CLIENT_QUOTA;

  private static final int CONFIG_OF_CLIENT_METRICS = 1;

  private static final int HAS_USER = 1;
  private static final int HAS_CLIENT_ID = 2;
  private static final int HAS_IP = 4;
  private static final int IS_SET = 1;

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
    if (record instanceof TopicRecord topic) {
      TopicRecordCodec.write(out, topic);
    } else if (record instanceof NodeRecord node) {
      NodeRecordCodec.write(out, node);
    } else {
      writeOfCluster(out, record);
    }
  }

  private static void writeOfCluster(FieldWriter out, MetadataRecord record) {
    if (record instanceof Config config) {
      boolean ofClients = config.resource().type() == ConfigResource.Type.CLIENT_METRICS;
      start(out, CONFIG, ofClients ? CONFIG_OF_CLIENT_METRICS : 0);
      out.u8(resourceCode(config.resource().type()));
      out.string(config.resource().name());
      out.string(config.key());
      out.string(config.value());
    } else if (record instanceof ClientQuota quota) {
      writeQuota(out, quota);
    } else if (record instanceof ProducerIds ids) {
      start(out, PRODUCER_IDS, 0);
      out.varint(ids.next());
    } else if (record instanceof NoOp) {
      start(out, NO_OP, 0);
    } else if (record instanceof ClusterId cluster) {
      start(out, CLUSTER_ID, 0);
      out.string(cluster.id());
    } else if (record instanceof Feature feature) {
      start(out, FEATURE, 0);
      out.string(feature.name());
      out.varint(feature.level());
    } else if (record instanceof Voters voters) {
      start(out, VOTERS, 0);
      out.varint(voters.voters().size());
      new TreeSet<>(voters.voters()).forEach(out::voter);
    } else {
      throw new IllegalArgumentException("No encoding for " + record.getClass());
    }
    TaggedFields.none(out);
  }

  private static void writeQuota(FieldWriter out, ClientQuota quota) {
    start(out, CLIENT_QUOTA, 0);
    QuotaEntity entity = quota.entity();
    out.u8(
        (entity.user() == null ? 0 : HAS_USER)
            | (entity.clientId() == null ? 0 : HAS_CLIENT_ID)
            | (entity.ip() == null ? 0 : HAS_IP));
    Stream.of(entity.user(), entity.clientId(), entity.ip())
        .filter(Objects::nonNull)
        .forEach(name -> out.string(name.value()));
    out.string(quota.key());
    out.u8(quota.value() == null ? 0 : IS_SET);
    if (quota.value() != null) {
      out.f64(quota.value());
    }
  }

  /** What each record begins with. */
  static void start(FieldWriter out, int type, int version) {
    out.u8(type);
    out.u8(version);
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
    return switch (type) {
      case TopicRecordCodec.PARTITION, TopicRecordCodec.PARTITION_CHANGE -> NEWEST_VERSION;
      case CONFIG -> CONFIG_OF_CLIENT_METRICS;
      default -> 0;
    };
  }

  private static MetadataRecord fields(int type, FieldReader in) {
    return switch (type) {
      case NO_OP -> TaggedFields.skip(in, NoOp.INSTANCE);
      case CLUSTER_ID -> TaggedFields.skip(in, new ClusterId(in.string()));
      case FEATURE -> TaggedFields.skip(in, new Feature(in.string(), in.count()));
      case CONFIG -> TaggedFields.skip(in, config(in));
      case CLIENT_QUOTA -> TaggedFields.skip(in, quota(in));
      case PRODUCER_IDS -> TaggedFields.skip(in, new ProducerIds(in.varint()));
      case VOTERS -> TaggedFields.skip(in, voters(in));
      case TopicRecordCodec.TOPIC,
          TopicRecordCodec.PARTITION,
          TopicRecordCodec.PARTITION_CHANGE,
          TopicRecordCodec.REMOVE_TOPIC,
          TopicRecordCodec.REMOVED,
          TopicRecordCodec.FORGET_TOPICS,
          TopicRecordCodec.REPLICA_CONDITIONS ->
          TopicRecordCodec.read(type, in);
      default -> NodeRecordCodec.read(type, in);
    };
  }

  private static Config config(FieldReader in) {
    ConfigResource resource = new ConfigResource(resourceType(in.u8()), in.string());
    return new Config(resource, in.string(), in.nullableString());
  }

  private static ClientQuota quota(FieldReader in) {
    int parts = in.u8();
    if (parts == 0 || parts > (HAS_USER | HAS_CLIENT_ID | HAS_IP)) {
      throw new MetadataFormatException("Metadata record of a quota with unknown parts " + parts);
    }
    QuotaEntity entity =
        new QuotaEntity(
            (parts & HAS_USER) == 0 ? null : new QuotaEntity.Name(in.nullableString()),
            (parts & HAS_CLIENT_ID) == 0 ? null : new QuotaEntity.Name(in.nullableString()),
            (parts & HAS_IP) == 0 ? null : new QuotaEntity.Name(in.nullableString()));
    String key = in.string();
    return new ClientQuota(entity, key, in.u8() == IS_SET ? in.f64() : null);
  }

  private static Voters voters(FieldReader in) {
    int count = in.need(in.count()); // each takes more than a byte
    if (count == 0) {
      throw new MetadataFormatException("Metadata record of a quorum without voters");
    }
    Set<VoterId> voters = new LinkedHashSet<>();
    for (int i = 0; i < count; i++) {
      voters.add(in.voter());
    }
    return new Voters(voters);
  }

  private static int resourceCode(ConfigResource.Type type) {
    return switch (type) {
      case TOPIC -> 0;
      case BROKER -> 1;
      case GROUP -> 2;
      case CLIENT_METRICS -> 3;
    };
  }

  private static ConfigResource.Type resourceType(int code) {
    return switch (code) {
      case 0 -> ConfigResource.Type.TOPIC;
      case 1 -> ConfigResource.Type.BROKER;
      case 2 -> ConfigResource.Type.GROUP;
      case 3 -> ConfigResource.Type.CLIENT_METRICS;
      default -> throw new MetadataFormatException("Config resource of unknown type " + code);
    };
  }
}
