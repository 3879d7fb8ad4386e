package io.millrace.api.fetch;

import io.millrace.log.FileSlice;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.record.internal.RecordsSend;

/**
 * A leased range of a segment in the place where a Fetch response has its records. The network
 * sends it from the file.
 *
 * <p>Owner: immutable.
 */
public record SliceRecords(FileSlice slice) implements BaseRecords {
  @Override
  public int sizeInBytes() {
    return slice.length();
  }

  @Override
  public RecordsSend<? extends BaseRecords> toSend() {
    throw new UnsupportedOperationException("slices are sent by the network layer itself");
  }
}
