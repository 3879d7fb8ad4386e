package io.millrace.coordinator.shard;

import org.apache.kafka.common.protocol.ApiMessage;

/**
 * One record of a coordinator's topic in Kafka's own schema.
 *
 * @param key a generated key class; its {@link ApiMessage#apiKey()} is the record's type
 * @param value a generated value class; null = a tombstone
 * @param valueVersion the schema version in which the value is written; 0 for a tombstone
 *     <p>Owner: immutable by convention: nobody changes key or value any more.
 */
public record CoordinatorRecord(ApiMessage key, ApiMessage value, short valueVersion) {

  /** A record that removes what its key names. */
  public static CoordinatorRecord tombstone(ApiMessage key) {
    return new CoordinatorRecord(key, null, (short) 0);
  }
}
