package io.millrace.api.fetch;

import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.protocol.ApiMessage;

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
          if (partition.records() instanceof SliceRecords records) {
            records.slice().release();
          }
        }
      }
    }
  }
}
