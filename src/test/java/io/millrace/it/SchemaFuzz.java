package io.millrace.it;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.Field;
import org.apache.kafka.common.protocol.types.NullableSchema;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.TaggedFields;
import org.apache.kafka.common.protocol.types.Type;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.utils.ByteUtils;

/**
 * Writes requests that are well formed in their version's schema and have values in them that are
 * plausible, at the limits, or nonsense. Names and counts come from small sets, so that requests
 * meet topics that exist and the broker does not fill up with others.
 *
 * <p>Owner: one thread.
 */
final class SchemaFuzz {
  static final String BIG_TOPIC = "fuzz-big";
  private static final List<String> NAMES =
      List.of("fuzz-a", "fuzz-b", "fuzz-c", "fuzz-d", BIG_TOPIC, "", ".", "..", "no/slash", "ä€𝄞");
  private static final List<String> TEXTS =
      List.of(
          "retention.ms",
          "cleanup.policy",
          "max.message.bytes",
          "nonsense",
          "compact",
          "-1",
          "7",
          "",
          "\u0000",
          "fuzz-a",
          "1");
  private static final long[] NUMBERS = {
    0,
    1,
    2,
    3,
    -1,
    -2,
    -3,
    -4,
    -5,
    100,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    Long.MAX_VALUE,
    Long.MIN_VALUE
  };

  private final ByteBuffer out = ByteBuffer.allocate(1 << 20);
  private final Random random;
  private final List<Uuid> topicIds;
  private final byte[] longText = "x".repeat(30_000).getBytes(StandardCharsets.UTF_8);

  SchemaFuzz(Random random, List<Uuid> topicIds) {
    this.random = random;
    this.topicIds = topicIds;
  }

  /** A frame without its length: header and body of a request. */
  ByteBuffer request(ApiKeys key, short version, int correlationId) {
    out.clear().putShort(key.id).putShort(version).putInt(correlationId);
    short headerVersion = key.requestHeaderVersion(version);
    if (headerVersion >= 1) {
      out.putShort((short) 4).put("fuzz".getBytes(StandardCharsets.UTF_8));
    }
    if (headerVersion >= 2) {
      out.put((byte) 0);
    }
    write(out, key.messageType.requestSchemas()[version], "");
    out.flip();
    return ByteBuffer.allocate(out.remaining()).put(out).flip();
  }

  private void write(ByteBuffer out, Type type, String name) {
    if (type instanceof NullableSchema && random.nextInt(3) == 0) {
      out.put((byte) -1);
    } else if (type instanceof Schema schema) {
      if (schema instanceof NullableSchema) {
        out.put((byte) 1);
      }
      for (BoundField field : schema.fields()) {
        write(out, field.def.type, field.def.name);
      }
    } else if (type instanceof TaggedFields tagged) {
      writeTagged(out, tagged);
    } else if (type.isArray()) {
      writeArray(out, type, name);
    } else if (type == Type.BOOLEAN) {
      out.put((byte) random.nextInt(2));
    } else if (type == Type.INT8) {
      out.put((byte) number(name));
    } else if (type == Type.INT16 || type == Type.UINT16) {
      out.putShort((short) number(name));
    } else if (type == Type.INT32 || type == Type.UNSIGNED_INT32) {
      out.putInt((int) number(name));
    } else if (type == Type.INT64) {
      out.putLong(number(name));
    } else if (type == Type.FLOAT64) {
      out.putDouble(random.nextGaussian());
    } else if (type == Type.UUID) {
      Uuid id = topicId();
      out.putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits());
    } else if (type == Type.STRING || type == Type.NULLABLE_STRING) {
      byte[] text = text(name, type.isNullable());
      out.putShort((short) (text == null ? -1 : text.length));
      put(out, text);
    } else if (type == Type.COMPACT_STRING || type == Type.COMPACT_NULLABLE_STRING) {
      byte[] text = text(name, type.isNullable());
      ByteUtils.writeUnsignedVarint(text == null ? 0 : text.length + 1, out);
      put(out, text);
    } else {
      writeBytes(out, type, name);
    }
  }

  private void writeBytes(ByteBuffer out, Type type, String name) {
    byte[] bytes = type.isNullable() && random.nextInt(10) == 0 ? null : bytes(name);
    if (type == Type.BYTES
        || type == Type.NULLABLE_BYTES
        || type == Type.RECORDS
        || type == Type.NULLABLE_RECORDS) {
      out.putInt(bytes == null ? -1 : bytes.length);
    } else if (type == Type.COMPACT_BYTES
        || type == Type.COMPACT_NULLABLE_BYTES
        || type == Type.COMPACT_RECORDS
        || type == Type.COMPACT_NULLABLE_RECORDS) {
      ByteUtils.writeUnsignedVarint(bytes == null ? 0 : bytes.length + 1, out);
    } else {
      throw new IllegalStateException("a type that this test does not know: " + type);
    }
    put(out, bytes);
  }

  private static void put(ByteBuffer out, byte[] bytes) {
    if (bytes != null) {
      out.put(bytes);
    }
  }

  private void writeArray(ByteBuffer out, Type type, String name) {
    boolean compact = type.getClass().getSimpleName().startsWith("Compact");
    int size = random.nextInt(8) == 0 ? 0 : 1 + random.nextInt(3);
    if (type.isNullable() && random.nextInt(8) == 0) {
      size = -1;
    }
    if (compact) {
      ByteUtils.writeUnsignedVarint(size + 1, out);
    } else {
      out.putInt(size);
    }
    Type element = type.arrayElementType().orElseThrow();
    for (int i = 0; i < size && out.position() < out.limit() / 2; i++) {
      write(out, element, name);
    }
  }

  private void writeTagged(ByteBuffer out, TaggedFields tagged) {
    if (random.nextInt(3) != 0) {
      out.put((byte) 0);
      return;
    }
    Map<Integer, Field> known = tagged.fields();
    boolean unknown = random.nextInt(4) == 0;
    ByteUtils.writeUnsignedVarint(known.size() + (unknown ? 1 : 0), out);
    known.forEach(
        (tag, field) -> {
          ByteUtils.writeUnsignedVarint(tag, out);
          // The size goes in front of the value, and how many bytes it takes depends on the value.
          int start = out.position();
          write(out, field.type, field.name);
          byte[] value = new byte[out.position() - start];
          out.get(start, value).position(start);
          ByteUtils.writeUnsignedVarint(value.length, out);
          out.put(value);
        });
    if (unknown) {
      ByteUtils.writeUnsignedVarint(10_000 + random.nextInt(1_000_000), out);
      ByteUtils.writeUnsignedVarint(3, out);
      out.put(new byte[3]);
    }
  }

  private long number(String name) {
    if (name.equals("max_wait_ms")) {
      return random.nextInt(20);
    }
    if (name.equals("acks")) {
      return random.nextInt(4) - 1L;
    }
    if (name.equals("num_partitions") || name.equals("count")) {
      return random.nextInt(10) == 0 ? NUMBERS[random.nextInt(NUMBERS.length)] : random.nextInt(4);
    }
    if (name.equals("replica_id") || name.equals("session_epoch") || name.equals("session_id")) {
      return random.nextInt(4) == 0 ? random.nextInt(3) : name.equals("session_id") ? 0 : -1;
    }
    if (name.equals("resource_type")) {
      return List.of(2L, 4L, 8L, 0L, 77L).get(random.nextInt(5));
    }
    return switch (random.nextInt(4)) {
      case 0 -> NUMBERS[random.nextInt(NUMBERS.length)];
      case 1 -> random.nextLong();
      default -> random.nextInt(3);
    };
  }

  private Uuid topicId() {
    return switch (random.nextInt(4)) {
      case 0 -> Uuid.ZERO_UUID;
      case 1 -> new Uuid(random.nextLong(), random.nextLong());
      default -> topicIds.get(random.nextInt(topicIds.size()));
    };
  }

  private byte[] text(String name, boolean nullable) {
    if (nullable && random.nextInt(name.equals("transactional_id") ? 2 : 6) != 1) {
      return nullOr(name);
    }
    if (random.nextInt(400) == 0) {
      return random.nextBoolean() ? longText : noise(9_000);
    }
    if (random.nextInt(50) == 0) {
      return noise(random.nextInt(20));
    }
    boolean ofTopic = name.equals("name") || name.equals("topic") || name.startsWith("topic_name");
    List<String> from = ofTopic || random.nextInt(3) == 0 ? NAMES : TEXTS;
    return from.get(random.nextInt(from.size())).getBytes(StandardCharsets.UTF_8);
  }

  private byte[] nullOr(String name) {
    boolean needed = name.equals("name") || name.equals("topic") || name.equals("resource_name");
    return needed ? "fuzz-a".getBytes(StandardCharsets.UTF_8) : null;
  }

  private byte[] bytes(String name) {
    if (!name.equals("records") || random.nextInt(6) == 0) {
      return noise(random.nextInt(200));
    }
    MemoryRecords records =
        MemoryRecords.withRecords(
            random.nextInt(3) == 0 ? Compression.gzip().build() : Compression.NONE,
            new SimpleRecord(random.nextInt(1_000), new byte[3], noise(random.nextInt(100))),
            new SimpleRecord(System.currentTimeMillis(), null, noise(random.nextInt(100))));
    byte[] batch = new byte[records.sizeInBytes()];
    records.buffer().get(batch);
    if (random.nextInt(3) == 0) {
      batch[random.nextInt(batch.length)] ^= (byte) (1 << random.nextInt(8));
    }
    return batch;
  }

  byte[] noise(int size) {
    byte[] bytes = new byte[size];
    random.nextBytes(bytes);
    return bytes;
  }
}
