package io.millrace.api.quorum;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.metadata.Endpoint;
import io.millrace.model.Clock;
import io.millrace.model.VoterId;
import io.millrace.quorum.QuorumException;
import io.millrace.quorum.QuorumView;
import io.millrace.quorum.StubQuorum;
import io.millrace.quorum.state.QuorumRules.Role;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class LocalQuorumTest {
  private static final VoterId SELF = new VoterId(1, new UUID(0, 1));
  private static final VoterId OTHER = new VoterId(2, new UUID(0, 2));
  private static final VoterId LEARNER = new VoterId(3, new UUID(0, 3));
  private static final VoterId BROKER_ONLY = new VoterId(4, new UUID(0, 4));

  private final Vertx vertx = Vertx.vertx();
  private final FakeRaft raft = new FakeRaft();
  private final List<VoterId> removed = new CopyOnWriteArrayList<>();
  private final LocalQuorum quorum =
      new LocalQuorum(
          vertx,
          raft,
          id -> id == 2 ? List.of(new Endpoint("INTERNAL", "b2", 9093)) : List.of(),
          id -> id == BROKER_ONLY.nodeId(),
          removed::add,
          Clock.SYSTEM);

  @AfterEach
  void close() {
    vertx.close().await();
  }

  private static <T> T result(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  private static Errors errorOf(Future<?> failed) {
    return ((QuorumException) failed.cause()).error();
  }

  @Test
  void shouldDescribeWhatTheLeaderSees() throws Exception {
    long before = Clock.SYSTEM.wallMs();

    QuorumDescription described = result(quorum.describe());

    assertThat(described.leaderId()).isEqualTo(1);
    assertThat(described.term()).isEqualTo(5);
    assertThat(described.highWatermark()).isEqualTo(40);
    assertThat(described.voters().get(0).logEndOffset()).isEqualTo(42);
    assertThat(described.voters().get(0).lastCaughtUpMs()).isGreaterThanOrEqualTo(before);
    assertThat(described.voters().get(1))
        .isEqualTo(new QuorumDescription.Replica(OTHER, 41, 900, 800));
    assertThat(described.observers()).extracting("id").containsExactly(LEARNER);
    assertThat(described.endpoints()).containsOnlyKeys(2);
  }

  @Test
  void shouldNotDescribeWhatNoMajorityConfirms() {
    raft.confirmed = Future.failedFuture(new QuorumException(Errors.NOT_CONTROLLER, "cut off"));

    assertThat(errorOf(quorum.describe())).isEqualTo(Errors.NOT_CONTROLLER);
  }

  @Test
  void shouldNotSpeakForAnotherLeader() {
    raft.leader = OTHER;

    assertThat(errorOf(quorum.describe())).isEqualTo(Errors.NOT_CONTROLLER);
  }

  @Test
  void shouldWaitForAVoterThatHasToCatchUp() throws Exception {
    raft.notCaughtUp = 2;

    result(quorum.addVoter(LEARNER));

    assertThat(raft.additions).isEqualTo(3);
  }

  @Test
  void shouldNotWaitForOneThatVotes() {
    raft.refusal = new QuorumException(Errors.DUPLICATE_VOTER, "it votes");

    assertThatThrownBy(() -> result(quorum.addVoter(OTHER))).cause().hasMessage("it votes");
    assertThat(raft.additions).isEqualTo(1);
  }

  @Test
  void shouldNotTransferToItself() {
    assertThat(errorOf(quorum.transferLeadership(1))).isEqualTo(Errors.ELECTION_NOT_NEEDED);
  }

  @Test
  void shouldSayThatTheOtherOneIsNotThere() {
    raft.refusal = new QuorumException(Errors.REQUEST_TIMED_OUT, "it does not answer");

    assertThat(errorOf(quorum.transferLeadership(2)))
        .isEqualTo(Errors.PREFERRED_LEADER_NOT_AVAILABLE);
  }

  @Test
  void shouldNotLetABrokerVoteThatIsNoController() {
    assertThatThrownBy(() -> result(quorum.addVoter(BROKER_ONLY)))
        .cause()
        .hasMessage("Node 4 never votes: its process.roles does not contain controller");
    assertThat(raft.additions).isZero();
  }

  @Test
  void shouldTellWhoseVoteWasTaken() throws Exception {
    result(quorum.removeVoter(OTHER));

    assertThat(removed).containsExactly(OTHER);
  }

  /** Node 1 leads, 2 votes, 3 learns. */
  private static final class FakeRaft extends StubQuorum {
    Future<Long> confirmed = Future.succeededFuture(40L);
    VoterId leader = SELF;
    QuorumException refusal;
    int notCaughtUp;
    int additions;

    private Future<Void> outcome() {
      return refusal == null ? Future.succeededFuture() : Future.failedFuture(refusal);
    }

    @Override
    public Future<Long> readIndex() {
      return confirmed;
    }

    @Override
    public Future<Void> addVoter(VoterId id) {
      additions++;
      if (notCaughtUp-- > 0) {
        return Future.failedFuture(new QuorumException(Errors.REQUEST_TIMED_OUT, "it lags"));
      }
      return outcome();
    }

    @Override
    public Future<Void> removeVoter(VoterId id) {
      return outcome();
    }

    @Override
    public Future<Void> transferLeadership(int nodeId) {
      return outcome();
    }

    @Override
    public QuorumView status() {
      return new QuorumView(
          SELF,
          Role.LEADER,
          true,
          5,
          leader,
          40,
          42,
          List.of(
              new QuorumView.Replica(SELF, true, 42, -1, -1),
              new QuorumView.Replica(OTHER, true, 41, 900, 800),
              new QuorumView.Replica(LEARNER, false, 7, 500, -1)),
          null,
          0);
    }
  }
}
