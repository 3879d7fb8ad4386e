package io.millrace.api.peer;

import io.millrace.coordinator.transaction.TakingPart;
import io.millrace.model.TopicPartition;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.apache.kafka.common.message.ListTransactionsRequestData;
import org.apache.kafka.common.message.ListTransactionsResponseData;

/**
 * Which transactions partitions have in progress, for which Kafka has no question: the request says
 * which shards of the coordinator are asked, and about what; the answer what they know.
 *
 * <pre>
 *  request    count int32 * ( partition of __transaction_state int32 ) | parts
 *  response   parts
 *  parts      count int32 * ( producer id int64 | partition int32 | length int16, topic UTF-8 )
 * </pre>
 *
 * <p>Owner: any thread.
 */
public final class OpenPartsTag {
  /** Parts in one question. */
  public static final int MAX_PARTS = 1_000;

  private static final int MAX_SHARDS = 100_000;
  private static final int MAX_PART_BYTES = Long.BYTES + Integer.BYTES + Short.BYTES + 1_024;

  /** A question to the shards of one node. */
  public record Question(List<Integer> shards, List<TakingPart> parts) {
    public Question {
      shards = List.copyOf(shards);
      parts = List.copyOf(parts);
    }
  }

  private OpenPartsTag() {}

  /** The question as a request. */
  public static ListTransactionsRequestData request(Question question) {
    ListTransactionsRequestData request = new ListTransactionsRequestData();
    ByteBuffer bytes =
        ByteBuffer.allocate(
            (1 + question.shards().size()) * Integer.BYTES + sizeOf(question.parts()));
    bytes.putInt(question.shards().size());
    question.shards().forEach(bytes::putInt);
    put(bytes, question.parts());
    PeerTags.putBytes(request, PeerTags.OPEN_PARTS, trimmed(bytes));
    return request;
  }

  /** null = the request asks for something else; throws IllegalArgumentException. */
  public static Question of(ListTransactionsRequestData request) {
    byte[] found = PeerTags.bytes(request, PeerTags.OPEN_PARTS);
    if (found == null) {
      return null;
    }
    try {
      ByteBuffer bytes = ByteBuffer.wrap(found);
      int count = count(bytes, MAX_SHARDS);
      List<Integer> shards = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        shards.add(bytes.getInt());
      }
      return new Question(shards, parts(bytes));
    } catch (BufferUnderflowException e) {
      throw new IllegalArgumentException("a question that ends too early", e);
    }
  }

  /** What is known, as an answer. */
  public static ListTransactionsResponseData response(Collection<TakingPart> known) {
    ListTransactionsResponseData response = new ListTransactionsResponseData();
    ByteBuffer bytes = ByteBuffer.allocate(sizeOf(known));
    put(bytes, known);
    PeerTags.putBytes(response, PeerTags.OPEN_PARTS, trimmed(bytes));
    return response;
  }

  /** null = the node does not know the question; throws IllegalArgumentException. */
  public static List<TakingPart> known(ListTransactionsResponseData response) {
    byte[] found = PeerTags.bytes(response, PeerTags.OPEN_PARTS);
    if (found == null) {
      return null;
    }
    try {
      return parts(ByteBuffer.wrap(found));
    } catch (BufferUnderflowException e) {
      throw new IllegalArgumentException("an answer that ends too early", e);
    }
  }

  private static int sizeOf(Collection<TakingPart> parts) {
    return Integer.BYTES + parts.size() * MAX_PART_BYTES;
  }

  private static void put(ByteBuffer bytes, Collection<TakingPart> parts) {
    bytes.putInt(parts.size());
    for (TakingPart part : parts) {
      byte[] topic = part.partition().topic().getBytes(StandardCharsets.UTF_8);
      bytes
          .putLong(part.producerId())
          .putInt(part.partition().partition())
          .putShort((short) topic.length)
          .put(topic);
    }
  }

  private static byte[] trimmed(ByteBuffer bytes) {
    byte[] used = new byte[bytes.position()];
    bytes.flip().get(used);
    return used;
  }

  private static int count(ByteBuffer bytes, int max) {
    int count = bytes.getInt();
    if (count < 0 || count > max) {
      throw new IllegalArgumentException(count + " entries; allowed are 0 to " + max);
    }
    return count;
  }

  private static List<TakingPart> parts(ByteBuffer bytes) {
    int count = count(bytes, MAX_PARTS);
    List<TakingPart> parts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      long producerId = bytes.getLong();
      int partition = bytes.getInt();
      byte[] topic = new byte[Short.toUnsignedInt(bytes.getShort())];
      bytes.get(topic);
      parts.add(
          new TakingPart(
              producerId,
              new TopicPartition(new String(topic, StandardCharsets.UTF_8), partition)));
    }
    return parts;
  }
}
