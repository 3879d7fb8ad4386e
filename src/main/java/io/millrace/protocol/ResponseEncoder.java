package io.millrace.protocol;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.MessageSizeAccumulator;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.record.internal.BaseRecords;

/**
 * One response on its way to bytes: measured first, then written into a buffer of exactly {@link
 * #inlineBytes}, with the places noted where records belong that are sent from their files and
 * never copied here.
 *
 * <pre>
 *  0        4                8            (flexible versions)
 *  +--------+----------------+--------------------+---------------------------------+
 *  | length | correlation id | tagged fields (0)  | body, with gaps for the records |
 *  +--------+----------------+--------------------+---------------------------------+
 * </pre>
 *
 * <p>Owner: connection loop.
 */
public final class ResponseEncoder {
  private final ResponseHeaderData header;
  private final short headerVersion;
  private final ApiMessage body;
  private final short version;
  private final ObjectSerializationCache cache = new ObjectSerializationCache();
  private final int totalBytes;
  private final int inlineBytes;

  /** Records to be sent after this many inline bytes. */
  public record Gap(int position, BaseRecords records) {}

  public ResponseEncoder(ApiKeys key, short version, int correlationId, ApiMessage body) {
    this.header = new ResponseHeaderData().setCorrelationId(correlationId);
    this.headerVersion = key.responseHeaderVersion(version);
    this.body = body;
    this.version = version;
    MessageSizeAccumulator size = new MessageSizeAccumulator();
    header.addSize(size, cache, headerVersion);
    body.addSize(size, cache, version);
    this.totalBytes = size.totalSize();
    this.inlineBytes = Integer.BYTES + size.sizeExcludingZeroCopy();
  }

  /**
   * Bytes of the buffer that {@link #write} fills: the length field and everything but the gaps'
   * records.
   */
  public int inlineBytes() {
    return inlineBytes;
  }

  /** Bytes on the wire, with the length field. */
  public int totalBytes() {
    return Integer.BYTES + totalBytes;
  }

  /** Writes the inline bytes at the buffer's position and returns the gaps in order. */
  public List<Gap> write(ByteBuffer target) {
    GapWriter writer = new GapWriter(target);
    writer.writeInt(totalBytes);
    header.write(writer, cache, headerVersion);
    body.write(writer, cache, version);
    return writer.gaps;
  }

  private static final class GapWriter extends ByteBufferAccessor {
    private final ByteBuffer target;
    private final int start;
    private List<Gap> gaps = List.of();

    GapWriter(ByteBuffer target) {
      super(target);
      this.target = target;
      this.start = target.position();
    }

    @Override
    public void writeRecords(BaseRecords records) {
      if (records.sizeInBytes() == 0) {
        return;
      }
      if (gaps.isEmpty()) {
        gaps = new ArrayList<>();
      }
      gaps.add(new Gap(target.position() - start, records));
    }
  }
}
