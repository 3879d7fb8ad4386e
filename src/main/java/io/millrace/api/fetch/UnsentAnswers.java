package io.millrace.api.fetch;

import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchSnapshotResponseData;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.record.internal.BaseRecords;

/**
 * Ends the leases in answers that nobody gets any more.
 *
 * <p>Owner: connection loop.
 */
public final class UnsentAnswers {
  private UnsentAnswers() {}

  /** Gives back what the answer holds; null and answers without slices hold nothing. */
  public static void release(ApiMessage answer) {
    if (answer instanceof FetchResponseData fetch) {
      for (var topic : fetch.responses()) {
        for (var partition : topic.partitions()) {
          release(partition.records());
        }
      }
    } else if (answer instanceof FetchSnapshotResponseData copy) {
      for (var topic : copy.topics()) {
        for (var partition : topic.partitions()) {
          release(partition.unalignedRecords());
        }
      }
    }
  }

  private static void release(BaseRecords records) {
    if (records instanceof SliceRecords inFile) {
      inFile.slice().release();
    }
  }
}
