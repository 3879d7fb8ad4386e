package io.millrace.coordinator.shard;

import org.apache.kafka.common.protocol.ApiMessage;

/**
 * The kinds of records that a coordinator's topic has, by the number with which their keys begin.
 *
 * <p>Owner: any thread.
 */
public interface RecordTypes {
  /** An empty key of this type; null = records of this type mean nothing here. */
  ApiMessage newKey(short type);

  /** An empty value for a key of this type, which is known. */
  ApiMessage newValue(short type);
}
