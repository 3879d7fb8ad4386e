package io.millrace.api.peer;

import io.millrace.controller.Controller;
import io.millrace.controller.Controller.LogEnd;
import io.millrace.model.TopicId;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.message.AlterPartitionRequestData;

/**
 * What a node says of its logs, for which Kafka has no message.
 *
 * <pre>
 *  count * ( topic id 16 bytes | partition int32 | leader epoch int32
 *            | leader epoch of the last batch int32 | log end offset int64 )
 * </pre>
 *
 * <p>Owner: any thread.
 */
final class LogEndTag {
  private static final int SIZE = 2 * Long.BYTES + 3 * Integer.BYTES + Long.BYTES;

  private LogEndTag() {}

  static void putInto(AlterPartitionRequestData request, List<LogEnd> ends) {
    ByteBuffer bytes = ByteBuffer.allocate(ends.size() * SIZE);
    for (LogEnd end : ends) {
      bytes
          .putLong(end.topicId().mostSignificantBits())
          .putLong(end.topicId().leastSignificantBits())
          .putInt(end.partition())
          .putInt(end.leaderEpoch())
          .putInt(end.lastEpoch())
          .putLong(end.endOffset());
    }
    PeerTags.putBytes(request, PeerTags.LOG_ENDS, bytes.array());
  }

  /** null = the request says nothing of logs; throws IllegalArgumentException. */
  static List<LogEnd> of(AlterPartitionRequestData request) {
    byte[] found = PeerTags.bytes(request, PeerTags.LOG_ENDS);
    if (found == null) {
      return null;
    }
    if (found.length % SIZE != 0 || found.length / SIZE > Controller.MAX_LOG_ENDS) {
      throw new IllegalArgumentException(
          found.length
              + " bytes about logs; allowed is a multiple of "
              + SIZE
              + ", for at most "
              + Controller.MAX_LOG_ENDS
              + " logs");
    }
    ByteBuffer bytes = ByteBuffer.wrap(found);
    List<LogEnd> ends = new ArrayList<>();
    while (bytes.hasRemaining()) {
      ends.add(
          new LogEnd(
              new TopicId(bytes.getLong(), bytes.getLong()),
              bytes.getInt(),
              bytes.getInt(),
              bytes.getInt(),
              bytes.getLong()));
    }
    return ends;
  }
}
