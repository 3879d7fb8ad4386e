package io.millrace.cluster;

import io.millrace.model.TopicId;
import io.millrace.model.TopicIdPartition;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * The bytes of the entries of the {@link LiveMaps}. Integers are big-endian; {@code text} is an
 * unsigned 16-bit length and UTF-8, as {@link DataOutputStream#writeUTF}. A reader ignores bytes
 * that follow what it knows, so that later versions can add fields at the end; an entry with
 * another version is skipped.
 *
 * <pre>
 * node:    version u8 = 1 | node id i32 | internal host text | internal port i32
 *          | endpoints u16, each text | roles u16, each text | rack: u8 0 or 1 and text
 *          | version of Millrace text | metadata offset i64 | metadata lag i64
 *          | started i64 | published i64
 *
 * topic:   version u8 = 1 | topic id 2 x i64 | name text | leader i32 | partitions i32, each:
 *          length i32 of what follows | partition i32 | leader epoch i32 | log start offset i64
 *          | high watermark i64 | replicas u16, each:
 *            node id i32 | in sync u8 | log end offset i64 | lag i64
 * </pre>
 *
 * <p>Owner: immutable.
 */
public final class LiveCodec {
  private static final int VERSION = 1;

  private LiveCodec() {}

  /** Fields of an entry. */
  private interface Fields {
    void writeTo(DataOutputStream out) throws IOException;
  }

  public static byte[] encode(NodeLive node) {
    return bytes(
        out -> {
          out.writeByte(VERSION);
          out.writeInt(node.nodeId());
          out.writeUTF(node.internalAddress().host());
          out.writeInt(node.internalAddress().port());
          writeTexts(out, node.clientEndpoints());
          writeTexts(out, node.roles());
          out.writeBoolean(node.rack() != null);
          if (node.rack() != null) {
            out.writeUTF(node.rack());
          }
          out.writeUTF(node.version());
          out.writeLong(node.metadataOffset());
          out.writeLong(node.metadataLag());
          out.writeLong(node.startedMs());
          out.writeLong(node.publishedMs());
        });
  }

  /**
   * Reads a node.
   *
   * @return null = of another version
   * @throws IOException if the bytes are not a node
   */
  public static NodeLive decodeNode(byte[] bytes) throws IOException {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
    if (in.readUnsignedByte() != VERSION) {
      return null;
    }
    try {
      return new NodeLive(
          in.readInt(),
          new Address(in.readUTF(), in.readInt()),
          readTexts(in),
          readTexts(in),
          in.readBoolean() ? in.readUTF() : null,
          in.readUTF(),
          in.readLong(),
          in.readLong(),
          in.readLong(),
          in.readLong());
    } catch (IllegalArgumentException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  /** Partitions of one topic that one node leads; at least one. */
  public static byte[] encode(Collection<PartitionLive> ofOneTopic) {
    PartitionLive first = ofOneTopic.iterator().next();
    return bytes(
        out -> {
          out.writeByte(VERSION);
          TopicId id = first.partition().topicId();
          out.writeLong(id.mostSignificantBits());
          out.writeLong(id.leastSignificantBits());
          out.writeUTF(first.partition().topic());
          out.writeInt(first.leader());
          out.writeInt(ofOneTopic.size());
          for (PartitionLive partition : ofOneTopic) {
            byte[] fields = bytes(inner -> writePartition(inner, partition));
            out.writeInt(fields.length);
            out.write(fields);
          }
        });
  }

  private static void writePartition(DataOutputStream out, PartitionLive partition)
      throws IOException {
    out.writeInt(partition.partition().partition());
    out.writeInt(partition.leaderEpoch());
    out.writeLong(partition.logStartOffset());
    out.writeLong(partition.highWatermark());
    out.writeShort(partition.replicas().size());
    for (ReplicaLive replica : partition.replicas()) {
      out.writeInt(replica.nodeId());
      out.writeBoolean(replica.inSync());
      out.writeLong(replica.logEndOffset());
      out.writeLong(replica.lagMs());
    }
  }

  /**
   * Reads what a node tells about the partitions of a topic.
   *
   * @return empty = of another version
   * @throws IOException if the bytes are not that
   */
  public static List<PartitionLive> decodeTopic(byte[] bytes) throws IOException {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
    if (in.readUnsignedByte() != VERSION) {
      return List.of();
    }
    TopicId id = new TopicId(in.readLong(), in.readLong());
    String topic = in.readUTF();
    int leader = in.readInt();
    int count = in.readInt();
    List<PartitionLive> partitions = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int length = in.readInt();
      if (length < 0 || length > in.available()) {
        throw new IOException("a partition has " + length + " bytes, " + in.available() + " left");
      }
      DataInputStream fields = new DataInputStream(new ByteArrayInputStream(in.readNBytes(length)));
      partitions.add(readPartition(fields, id, topic, leader));
    }
    return partitions;
  }

  private static PartitionLive readPartition(
      DataInputStream in, TopicId id, String topic, int leader) throws IOException {
    int partition = in.readInt();
    int leaderEpoch = in.readInt();
    long logStartOffset = in.readLong();
    long highWatermark = in.readLong();
    int count = in.readUnsignedShort();
    List<ReplicaLive> replicas = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      replicas.add(new ReplicaLive(in.readInt(), in.readBoolean(), in.readLong(), in.readLong()));
    }
    return new PartitionLive(
        new TopicIdPartition(id, topic, partition),
        leader,
        leaderEpoch,
        logStartOffset,
        highWatermark,
        replicas);
  }

  private static void writeTexts(DataOutputStream out, List<String> texts) throws IOException {
    out.writeShort(texts.size());
    for (String text : texts) {
      out.writeUTF(text);
    }
  }

  private static List<String> readTexts(DataInputStream in) throws IOException {
    int count = in.readUnsignedShort();
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      texts.add(in.readUTF());
    }
    return texts;
  }

  private static byte[] bytes(Fields fields) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      fields.writeTo(new DataOutputStream(bytes));
    } catch (IOException e) {
      throw new IllegalArgumentException("a text is longer than 65535 bytes", e);
    }
    return bytes.toByteArray();
  }
}
