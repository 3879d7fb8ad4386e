package io.millrace.replication;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.Peers;
import io.millrace.model.Loop;
import io.millrace.model.TestLoop;
import io.millrace.model.TopicId;
import io.millrace.model.TopicIdPartition;
import io.millrace.partition.Fetched;
import io.millrace.partition.FollowedLog;
import io.millrace.protocol.MalformedResponseException;
import io.millrace.protocol.peer.PeerSubject;
import io.millrace.quota.ReplicationThrottle;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.junit.jupiter.api.Test;

/** Fetches from a leader that answers when the test does. */
class LeaderFetcherTest {
  private static final int LEADER = 4;
  private static final TopicId TOPIC = new TopicId(1, 2);

  private final TestLoop loop = new TestLoop();
  private final Leader leader = new Leader();
  private long brokerEpoch = 30;
  private boolean moves;
  private final List<FollowedLog> moved = new ArrayList<>();
  private final LeaderFetcher fetcher =
      new LeaderFetcher(
          new LeaderFetcher.Parts(
              1,
              () -> brokerEpoch,
              leader,
              () -> new ReplicationConfig(500, 1, 10_000, 1_000, 50, 1_000, 1),
              new ReplicationThrottle(() -> 0)),
          LEADER,
          "replica-0",
          loop,
          new LeaderFetcher.Lanes() {
            @Override
            public boolean moves(FollowedPartition partition, int bytes) {
              return moves;
            }

            @Override
            public void move(FollowedLog log) {
              moved.add(log);
            }
          });

  /** Follows, and is asked for at this offset. */
  private Log follow(int partition, int leaderEpoch, long offset) {
    Log log = new Log(partition, leaderEpoch);
    fetcher.follow(log);
    loop.await(() -> log.taking != null);
    log.taken(offset, false);
    return log;
  }

  private void awaitRequest(int count) {
    loop.await(() -> leader.requests.size() == count);
  }

  @Test
  void shouldAskForWhatFollows() {
    follow(0, 5, 10);

    awaitRequest(1);

    assertThat(leader.request().replicaState().replicaEpoch()).isEqualTo(30);
    FetchPartition asked = leader.asked().get(0);
    assertThat(asked.fetchOffset()).isEqualTo(10);
    assertThat(asked.currentLeaderEpoch()).isEqualTo(5);
    assertThat(asked.lastFetchedEpoch()).isEqualTo(3);
  }

  @Test
  void shouldAskOnWhenAllIsTaken() {
    Log log = follow(0, 5, 10);
    awaitRequest(1);

    leader.answer(77, partition(0, 12));
    loop.await(() -> log.taking != null);
    assertThat(log.fetched.highWatermark()).isEqualTo(12);
    log.taken(12, false);
    awaitRequest(2);

    assertThat(leader.request().sessionId()).isEqualTo(77);
    assertThat(leader.request().sessionEpoch()).isOne();
    assertThat(leader.asked().get(0).fetchOffset()).isEqualTo(12);
  }

  @Test
  void shouldGiveTheMemoryOfAnAnswerBackWhenAllLogsHaveTakenTheirs() {
    Log one = follow(0, 5, 10);
    Log other = follow(1, 5, 20);
    awaitRequest(1);

    leader.answer(77, partition(0, 12), partition(1, 22), partition(2, 32));
    loop.await(() -> one.taking != null && other.taking != null);
    one.fetched.released().run();
    assertThat(leader.givenBack).isZero();
    other.fetched.released().run();

    assertThat(leader.givenBack).isOne();
  }

  @Test
  void shouldNotGiveALogAnAnswerOfAnotherLeaderEpoch() {
    Log old = follow(0, 5, 10);
    awaitRequest(1);
    fetcher.unfollow(old);
    Log fresh = follow(0, 6, 10);

    leader.answer(77, partition(0, 12));
    awaitRequest(2);

    assertThat(old.taking).isNull();
    assertThat(fresh.taking).isNull();
    assertThat(leader.asked()).extracting(FetchPartition::currentLeaderEpoch).containsExactly(6);
  }

  @Test
  void shouldNotGiveALogAnythingWhileItTakes() {
    Log slow = follow(0, 5, 10);
    Log other = follow(1, 5, 20);
    awaitRequest(1);
    leader.answer(77, partition(0, 12), partition(1, 22));
    loop.await(() -> slow.taking != null && other.taking != null);
    other.taken(22, false);

    awaitRequest(2);

    assertThat(leader.request().forgottenTopicsData()).hasSize(1);
    assertThat(leader.asked()).extracting(FetchPartition::partition).containsExactly(1);
    slow.taken(12, false);
    leader.answer(77);
    awaitRequest(3);
    assertThat(leader.asked()).extracting(FetchPartition::partition).containsExactly(0);
  }

  @Test
  void shouldNotLetALogThatTookLongWaitForNewsOfTheOthers() {
    Log slow = follow(0, 5, 10);
    Log other = follow(1, 5, 20);
    awaitRequest(1);
    assertThat(leader.request().maxWaitMs()).isEqualTo(500);
    leader.answer(77, partition(0, 12), partition(1, 22));
    loop.await(() -> slow.taking != null && other.taking != null);
    other.taken(22, false);

    awaitRequest(2);

    assertThat(leader.request().maxWaitMs()).isLessThanOrEqualTo(20);
    slow.taken(12, false);
    leader.answer(77);
    awaitRequest(3);
    assertThat(leader.request().maxWaitMs()).isEqualTo(500);
  }

  @Test
  void shouldNotLetALogThatPausedWaitForNewsOfTheOthers() {
    Log log = follow(0, 5, 10);
    follow(1, 5, 20);
    awaitRequest(1);
    leader.answer(77, partition(0, 12));
    loop.await(() -> log.taking != null);
    log.taken(10, true);

    awaitRequest(2);

    assertThat(leader.asked()).isEmpty();
    assertThat(leader.request().maxWaitMs()).isLessThanOrEqualTo(20);
  }

  @Test
  void shouldBeginAnewAfterAFailure() {
    follow(0, 5, 10);
    awaitRequest(1);

    leader.fail();
    awaitRequest(2);

    assertThat(leader.request().sessionEpoch()).isZero();
    assertThat(leader.asked()).hasSize(1);
  }

  @Test
  void shouldBeginAnewWhenTheLeaderHasLostTheSession() {
    Log log = follow(0, 5, 10);
    awaitRequest(1);
    leader.answer(77, partition(0, 12));
    loop.await(() -> log.taking != null);
    log.taken(12, false);
    awaitRequest(2);

    leader.answer(new FetchResponseData().setErrorCode(Errors.FETCH_SESSION_ID_NOT_FOUND.code()));
    awaitRequest(3);

    assertThat(leader.request().sessionId()).isZero();
    assertThat(leader.asked().get(0).fetchOffset()).isEqualTo(12);
  }

  @Test
  void shouldNameEverythingUnderANewBrokerEpoch() {
    follow(0, 5, 10);
    awaitRequest(1);
    leader.answer(77);
    awaitRequest(2);
    assertThat(leader.asked()).as("nothing is new").isEmpty();

    brokerEpoch = 31;
    leader.answer(77);
    awaitRequest(3);

    assertThat(leader.request().replicaState().replicaEpoch()).isEqualTo(31);
    assertThat(leader.request().sessionEpoch()).isZero();
    assertThat(leader.asked()).as("an idle partition is to join the ISR too").hasSize(1);
  }

  @Test
  void shouldAskNothingBeforeTheNodeIsRegistered() {
    brokerEpoch = -1;
    follow(0, 5, 10);
    boolean[] later = {false};
    loop.schedule(60, () -> later[0] = true);
    loop.await(() -> later[0]);
    assertThat(leader.requests).isEmpty();

    brokerEpoch = 30;
    awaitRequest(1);
  }

  @Test
  void shouldLeaveOutALogThatPauses() {
    Log log = follow(0, 5, 10);
    awaitRequest(1);
    leader.answer(77, partition(0, 12));
    loop.await(() -> log.taking != null);
    log.taken(10, true);

    awaitRequest(2);
    assertThat(leader.request().forgottenTopicsData()).hasSize(1);
    leader.answer(77);
    awaitRequest(3);
    assertThat(leader.asked()).hasSize(1);
  }

  @Test
  void shouldGiveUpALogThatAnotherConnectionIsToFetch() {
    Log log = follow(0, 5, 10);
    awaitRequest(1);
    moves = true;

    leader.answer(77, partition(0, 12));
    loop.await(() -> log.taking != null);
    log.taken(12, false);
    loop.await(() -> !moved.isEmpty());

    assertThat(moved).containsExactly(log);
  }

  @Test
  void shouldForgetALogThatFollowsNoMore() {
    Log log = follow(0, 5, 10);
    follow(1, 5, 20);
    awaitRequest(1);

    fetcher.unfollow(log);
    leader.answer(77);
    awaitRequest(2);

    assertThat(leader.request().forgottenTopicsData()).hasSize(1);
  }

  // ---- fixtures

  private static PartitionData partition(int index, long highWatermark) {
    return new PartitionData()
        .setPartitionIndex(index)
        .setHighWatermark(highWatermark)
        .setRecords(MemoryRecords.EMPTY);
  }

  /** A log that takes an answer when the test says so. */
  private final class Log implements FollowedLog {
    private final TopicIdPartition id;
    private final int leaderEpoch;
    private Fetched fetched;
    private Taken taking;

    private Log(int partition, int leaderEpoch) {
      this.id = new TopicIdPartition(TOPIC, "t", partition);
      this.leaderEpoch = leaderEpoch;
    }

    private void taken(long offset, boolean pause) {
      Taken waiting = taking;
      taking = null;
      waiting.onTaken(new Point(offset, 3, 0), pause);
    }

    @Override
    public TopicIdPartition id() {
      return id;
    }

    @Override
    public Loop loop() {
      return loop;
    }

    @Override
    public int leaderEpoch() {
      return leaderEpoch;
    }

    @Override
    public void take(Fetched answer, Taken taken) {
      assertThat(taking).as("a second answer").isNull();
      fetched = answer;
      taking = taken;
    }
  }

  private static final class Leader implements Peers {
    private final List<FetchRequestData> requests = new ArrayList<>();
    private Promise<ApiMessage> promise;
    private int givenBack;

    private FetchRequestData request() {
      return requests.get(requests.size() - 1);
    }

    private List<FetchPartition> asked() {
      return request().topics().stream().flatMap(topic -> topic.partitions().stream()).toList();
    }

    private void answer(int sessionId, PartitionData... partitions) {
      FetchResponseData answer = new FetchResponseData().setSessionId(sessionId);
      if (partitions.length > 0) {
        answer
            .responses()
            .add(
                new FetchableTopicResponse()
                    .setTopicId(new Uuid(TOPIC.mostSignificantBits(), TOPIC.leastSignificantBits()))
                    .setPartitions(List.of(partitions)));
      }
      answer(answer);
    }

    private void answer(FetchResponseData answer) {
      Promise<ApiMessage> waiting = promise;
      promise = null;
      waiting.complete(answer);
    }

    private void fail() {
      Promise<ApiMessage> waiting = promise;
      promise = null;
      waiting.fail(new MalformedResponseException("the answer was cut"));
    }

    @Override
    public void tell(int nodeId, PeerSubject subject, ByteBuffer message) {
      throw new AssertionError("Nothing is told");
    }

    @Override
    public Future<ApiMessage> request(
        int nodeId, String lane, ApiMessage body, short version, long timeoutMs) {
      assertThat(nodeId).isEqualTo(LEADER);
      assertThat(promise).as("a request before the last is answered").isNull();
      requests.add((FetchRequestData) body);
      promise = Promise.promise();
      return promise.future();
    }

    @Override
    public Future<Lent> borrow(
        int nodeId, String lane, ApiMessage body, short version, long timeoutMs) {
      return request(nodeId, lane, body, version, timeoutMs)
          .map(answer -> new Lent(answer, () -> givenBack++));
    }

    @Override
    public boolean isConnected(int nodeId, String lane) {
      return true;
    }

    @Override
    public void disconnect(int nodeId) {
      throw new AssertionError("Nobody is disconnected");
    }

    @Override
    public Future<Void> close() {
      return Future.succeededFuture();
    }
  }
}
