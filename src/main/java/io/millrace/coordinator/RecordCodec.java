package io.millrace.coordinator;

import io.millrace.coordinator.shard.CoordinatorRecord;
import io.millrace.coordinator.shard.RecordTypes;
import java.nio.ByteBuffer;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.MessageUtil;

/**
 * Coordinator records as Kafka writes them:
 *
 * <pre>
 *   key    int16 type of the record, then the key's fields in schema version 0
 *   value  int16 schema version, then the value's fields in it; no value = a tombstone
 * </pre>
 *
 * <p>Owner: immutable.
 */
final class RecordCodec {
  private static final short KEY_VERSION = 0;

  private final RecordTypes types;

  RecordCodec(RecordTypes types) {
    this.types = types;
  }

  static byte[] key(CoordinatorRecord record) {
    return MessageUtil.toCoordinatorTypePrefixedBytes(record.key());
  }

  /** null = a tombstone. */
  static byte[] value(CoordinatorRecord record) {
    return record.value() == null
        ? null
        : MessageUtil.toVersionPrefixedBytes(record.valueVersion(), record.value());
  }

  /** The type of a record by its key, which is not moved. */
  static short type(ByteBuffer key) {
    return key.getShort(key.position());
  }

  /**
   * Reads a record; its buffers may be moved.
   *
   * @param value null = a tombstone
   * @return null = a record of a type that means nothing here
   * @throws UnreadableRecordException its value is of a version newer than this node knows, or it
   *     is malformed
   */
  CoordinatorRecord read(ByteBuffer key, ByteBuffer value) {
    short type = type(key);
    ApiMessage readKey = types.newKey(type);
    if (readKey == null) {
      return null;
    }
    try {
      key.getShort();
      readKey.read(new ByteBufferAccessor(key), KEY_VERSION);
      if (value == null) {
        return CoordinatorRecord.tombstone(readKey);
      }
      ApiMessage readValue = types.newValue(type);
      short version = value.getShort();
      if (version < readValue.lowestSupportedVersion()
          || version > readValue.highestSupportedVersion()) {
        throw new UnreadableRecordException(
            "Record of type " + type + " has version " + version + ", which is not known", null);
      }
      readValue.read(new ByteBufferAccessor(value), version);
      return new CoordinatorRecord(readKey, readValue, version);
    } catch (UnreadableRecordException e) {
      throw e;
    } catch (RuntimeException e) {
      throw new UnreadableRecordException("Record of type " + type + " is malformed", e);
    }
  }
}
