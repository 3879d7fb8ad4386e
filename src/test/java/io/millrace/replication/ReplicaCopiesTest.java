package io.millrace.replication;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.Peers;
import io.millrace.log.HealthyReplicas.Copy;
import io.millrace.metadata.ImageBuilder;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord.Partition;
import io.millrace.metadata.MetadataRecord.Topic;
import io.millrace.metadata.PartitionImage;
import io.millrace.model.TopicId;
import io.millrace.model.TopicIdPartition;
import io.millrace.protocol.peer.PeerSubject;
import io.millrace.protocol.replica.ReplicaCopyAnswer;
import io.millrace.protocol.replica.ReplicaCopyRequest;
import io.millrace.record.BatchBuilder;
import io.millrace.record.RecordBatch;
import io.vertx.core.Future;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.apache.kafka.common.message.FetchSnapshotRequestData;
import org.apache.kafka.common.message.FetchSnapshotResponseData;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.junit.jupiter.api.Test;

/** Who is asked for batches that were lost, and what is made of the answers. */
class ReplicaCopiesTest {
  private static final TopicId TOPIC = new TopicId(4, 2);
  private static final TopicIdPartition ID = new TopicIdPartition(TOPIC, "t", 0);

  private final List<Integer> asked = new ArrayList<>();
  private final Map<Integer, Function<ReplicaCopyRequest, ApiMessage>> nodes = new TreeMap<>();

  /** Of a partition that node 2 leads in epoch 5. */
  private ReplicaCopies copies(int self, Integer... isr) {
    MetadataImage image =
        new ImageBuilder(MetadataImage.EMPTY)
            .apply(
                0,
                List.of(
                    new Topic(TOPIC, "t"),
                    new Partition(
                        TOPIC,
                        new PartitionImage(0, List.of(1, 2, 3), List.of(isr), List.of(), 2, 5, 9))))
            .build()
            .image();
    return new ReplicaCopies(self, new Nodes(), () -> image);
  }

  /** Sends what is asked and answered through the form that it has on the wire. */
  private final class Nodes implements Peers {
    @Override
    public Future<ApiMessage> request(
        int nodeId, String lane, ApiMessage body, short version, long timeoutMs) {
      asked.add(nodeId);
      ReplicaCopyRequest request =
          ReplicaCopyRequest.of(
              new FetchSnapshotRequestData(
                  new ByteBufferAccessor(MessageUtil.toByteBufferAccessor(body, version).buffer()),
                  version));
      ApiMessage answer = nodes.get(nodeId).apply(request);
      return Future.succeededFuture(
          new FetchSnapshotResponseData(
              new ByteBufferAccessor(MessageUtil.toByteBufferAccessor(answer, version).buffer()),
              version));
    }

    @Override
    public void tell(int nodeId, PeerSubject subject, ByteBuffer message) {
      throw new AssertionError();
    }

    @Override
    public boolean isConnected(int nodeId, String lane) {
      return true;
    }

    @Override
    public void disconnect(int nodeId) {
      throw new AssertionError();
    }

    @Override
    public Future<Void> close() {
      return Future.succeededFuture();
    }
  }

  private static ByteBuffer batch(long offset) {
    ByteBuffer batch = new BatchBuilder().append(1, null, new byte[10]).build();
    RecordBatch.setBaseOffset(batch, batch.position(), offset);
    return batch;
  }

  /** A node that has the batches from 10 to 13, and gives one at a time. */
  private static ApiMessage oneByOne(ReplicaCopyRequest request) {
    assertThat(request.leaderEpoch()).isEqualTo(5);
    assertThat(request.topic()).isEqualTo(TOPIC);
    return ReplicaCopyAnswer.message(
        request, Errors.NONE, MemoryRecords.readableRecords(batch(request.from())));
  }

  private static ApiMessage refusal(Errors error) {
    return ReplicaCopyAnswer.refusal(error);
  }

  @Test
  void shouldAskTheLeaderFirstAndReadOn() {
    nodes.put(2, ReplicaCopiesTest::oneByOne);
    Copy copy = copies(1, 1, 3, 2).read(ID, 10, 13, 10_000).result();
    assertThat(asked).containsExactly(2, 2, 2);
    assertThat(copy.nodeId()).isEqualTo(2);
    assertThat(copy.batches().remaining()).isEqualTo(3 * batch(0).remaining());
    assertThat(RecordBatch.baseOffset(copy.batches(), 0)).isEqualTo(10);
  }

  @Test
  void shouldAskAFollowerWhereItLeadsItself() {
    nodes.put(1, request -> refusal(Errors.CORRUPT_MESSAGE));
    nodes.put(3, ReplicaCopiesTest::oneByOne);
    Copy copy = copies(2, 1, 2, 3).read(ID, 10, 11, 10_000).result();
    assertThat(asked).containsExactly(1, 3);
    assertThat(copy.nodeId()).isEqualTo(3);
  }

  @Test
  void shouldSayWhyNobodyHelps() {
    nodes.put(1, request -> refusal(Errors.CORRUPT_MESSAGE));
    nodes.put(3, request -> refusal(Errors.OFFSET_OUT_OF_RANGE));
    Throwable cause = copies(2, 1, 2, 3).read(ID, 10, 11, 10_000).cause();
    assertThat(cause.getMessage())
        .contains("node 1: CORRUPT_MESSAGE", "node 3: OFFSET_OUT_OF_RANGE");
  }

  @Test
  void shouldNotAskWhoIsNotInSync() {
    Throwable cause = copies(2, 2).read(ID, 10, 11, 10_000).cause();
    assertThat(cause).hasMessage("no other replica is in sync");
    assertThat(asked).isEmpty();
  }

  @Test
  void shouldTakeNoMoreThanWasAskedFor() {
    nodes.put(2, ReplicaCopiesTest::oneByOne);
    Throwable cause = copies(1, 1, 2).read(ID, 10, 13, 20).cause();
    assertThat(cause.getMessage()).contains("not asked for");
  }

  @Test
  void shouldRefuseWhatIsNoRequest() {
    assertThat(ReplicaCopyRequest.of(new FetchSnapshotRequestData())).isNull();
  }
}
