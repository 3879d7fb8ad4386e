package io.millrace.api.fetch;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.ConnectionState;
import io.millrace.api.FakePartitions;
import io.millrace.api.TestImage;
import io.millrace.api.TestRequest;
import io.millrace.log.FileSlice;
import io.millrace.partition.FakeReplica;
import io.millrace.partition.FetchAnswer;
import io.millrace.partition.FetchAsk;
import io.millrace.protocol.WireIds;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchRequestData.ReplicaState;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Answers to followers that are far wait a moment for records that are just coming. */
class FarFollowerTest {
  private static final int FOLLOWER = 2;

  private final ManualLoop loop = new ManualLoop();
  private final ConnectionState connection = new ConnectionState();
  private final TestImage image = TestImage.ofOne().topic("t", 1);
  private final FakePartitions partitions = new FakePartitions();
  private final FetchHandler handler =
      new FetchHandler(
          FetchHandler.Readers.FOLLOWERS,
          partitions,
          new FetchSessionSlots(10),
          () -> 1 << 20,
          List.of(loop),
          loop);
  private final FakeReplica replica = new FakeReplica(Errors.NONE, this::read);
  private final List<Slice> given = new ArrayList<>();
  private int end;
  private int sessionId;
  private int sessionEpoch;

  @BeforeEach
  void lead() {
    partitions.add("t", 0).replica = replica;
  }

  private TestRequest fetch(long offset) {
    FetchPartition partition =
        new FetchPartition().setPartition(0).setFetchOffset(offset).setPartitionMaxBytes(1_000_000);
    FetchRequestData request =
        new FetchRequestData()
            .setReplicaState(new ReplicaState().setReplicaId(FOLLOWER).setReplicaEpoch(7))
            .setSessionId(sessionId)
            .setSessionEpoch(sessionEpoch++)
            .setMaxBytes(1_000_000)
            .setMinBytes(1)
            .setMaxWaitMs(500)
            .setTopics(
                List.of(
                    new FetchTopic()
                        .setTopicId(WireIds.uuid(TestImage.idOf("t")))
                        .setPartitions(List.of(partition))));
    TestRequest sent =
        new TestRequest(image, ApiKeys.FETCH, 17)
            .ofPeer(FOLLOWER)
            .on(loop)
            .over(connection)
            .begin(handler, request);
    loop.runTasks();
    sessionId = ((FetchSession) connection.fetchSession()).id();
    return sent;
  }

  /** The log grows, and whoever waits is told. */
  private void grow(int to) {
    end = to;
    replica.fire();
    loop.runTasks();
  }

  /** The follower has had its first records, and waits again after so long. */
  private TestRequest waitAgainAfter(int ms) {
    TestRequest first = fetch(0);
    grow(100);
    assertThat(first.isAnswered()).isTrue();
    loop.advance(ms);
    return fetch(100);
  }

  @Test
  void shouldAnswerAtOnceWhoIsNear() {
    TestRequest second = waitAgainAfter(1);

    grow(110);

    assertThat(second.isAnswered()).isTrue();
  }

  @Test
  void shouldSendWhatComesInTheMomentAfter() {
    TestRequest second = waitAgainAfter(12);

    grow(110);
    assertThat(second.isAnswered()).isFalse();
    end = 150;
    loop.advance(2);

    assertThat(second.isAnswered()).isTrue();
    assertThat(given).extracting(Slice::length).containsExactly(100, 10, 50);
    assertThat(given).extracting(slice -> slice.released).containsExactly(0, 1, 0);
  }

  /** It lags, and a throttle counts what it is given. */
  @Test
  void shouldGiveNothingTwiceToWhoFindsWhatItLacks() {
    waitAgainAfter(12);
    grow(110);
    loop.advance(12);
    end = 120;

    assertThat(fetch(110).isAnswered()).isTrue();
    assertThat(given).extracting(Slice::length).containsExactly(100, 10, 10, 10);
  }

  /** Of a log that has one byte for each offset. */
  private FetchAnswer read(FetchAsk ask) {
    int length = (int) (end - ask.fetchOffset());
    Slice slice = length == 0 ? null : new Slice(length);
    if (slice != null) {
      given.add(slice);
    }
    return new FetchAnswer(Errors.NONE, slice, 0, end, end, 0, null, false, null, -1, -1, -1);
  }

  private static final class Slice implements FileSlice {
    private final int length;
    private int released;

    private Slice(int length) {
      this.length = length;
    }

    @Override
    public FileChannel channel() {
      throw new AssertionError("Nothing is sent");
    }

    @Override
    public long position() {
      return 0;
    }

    @Override
    public int length() {
      return length;
    }

    @Override
    public void onSent(long nanos) {
      throw new AssertionError("Nothing is sent");
    }

    @Override
    public void release() {
      released++;
    }
  }
}
