package io.millrace.server;

import static io.millrace.cluster.MemberFixture.member;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.TestImage;
import io.millrace.cluster.LiveMaps;
import io.millrace.cluster.Member;
import io.millrace.cluster.Membership;
import io.millrace.cluster.MembershipChange;
import io.millrace.model.VoterId;
import io.millrace.quorum.QuorumView;
import io.millrace.quorum.StubQuorum;
import io.millrace.quorum.state.QuorumRules.Role;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The leader, node 1, with the voter 2 and node 3, which follows; three are to vote. */
@Timeout(60)
class QuorumUpkeepTest {
  private static final VoterId THIRD = member(3).voterId();

  private final Vertx vertx = Vertx.vertx();
  private final Members membership = new Members();
  private final Leader quorum = new Leader();
  private QuorumUpkeep upkeep;

  /** Members that a test changes. */
  private static final class Members implements Membership {
    private volatile List<Member> members = List.of(member(1), member(2), member(3));

    @Override
    public Member self() {
      return member(1);
    }

    @Override
    public List<Member> members() {
      return members;
    }

    @Override
    public void subscribe(Consumer<MembershipChange> subscriber) {}

    @Override
    public LiveMaps live() {
      throw new UnsupportedOperationException();
    }

    @Override
    public Future<Void> close() {
      return Future.succeededFuture();
    }
  }

  /** Leads, and notes whom it is to make a voter. */
  private static final class Leader extends StubQuorum {
    private final BlockingQueue<VoterId> added = new LinkedBlockingQueue<>();

    /** Each look at the members nominates once, before it promotes. */
    private final Phaser looks = new Phaser(1);

    @Override
    public void nominate(boolean nominated) {
      looks.arrive();
    }

    @Override
    public Future<Void> addVoter(VoterId id) {
      added.add(id);
      return Future.succeededFuture();
    }

    @Override
    public QuorumView status() {
      long nowMs = System.currentTimeMillis();
      return new QuorumView(
          member(1).voterId(),
          Role.LEADER,
          /* active= */ true,
          5,
          member(1).voterId(),
          10,
          10,
          List.of(
              new QuorumView.Replica(member(1).voterId(), true, 10, nowMs, nowMs),
              new QuorumView.Replica(member(2).voterId(), true, 10, nowMs, nowMs),
              new QuorumView.Replica(THIRD, false, 10, nowMs, nowMs)),
          null,
          0);
    }
  }

  @BeforeEach
  void make() {
    TestImage image =
        new TestImage().broker(1, "b1", 9092).broker(2, "b2", 9092).broker(3, "b3", 9092);
    upkeep = new QuorumUpkeep(vertx, membership, quorum, 3, () -> image, gone -> {});
  }

  @AfterEach
  void close() {
    upkeep.close();
    vertx.close().await();
  }

  @Test
  void shouldMakeTheNodeThatFollowsAVoter() throws InterruptedException {
    upkeep.start();

    assertThat(quorum.added.take()).isEqualTo(THIRD);
  }

  @Test
  void shouldNotGiveAVoteBackThatSomebodyTookAway() throws Exception {
    upkeep.onRemoved(THIRD);
    upkeep.start();

    awaitLooks(3);

    assertThat(quorum.added).isEmpty();
  }

  @Test
  void shouldGiveTheVoteBackWhenTheNodeIsStartedAnew() throws Exception {
    upkeep.onRemoved(THIRD);
    upkeep.start();
    awaitLooks(2);

    membership.members = List.of(member(1), member(2), member(3, /* membership= */ 33, 3));

    assertThat(quorum.added.take()).isEqualTo(THIRD);
  }

  /** The look after the last of these has not begun. */
  private void awaitLooks(int count) throws InterruptedException, TimeoutException {
    for (int look = 0; look <= count; look++) {
      int unused = quorum.looks.awaitAdvanceInterruptibly(look, 30, TimeUnit.SECONDS);
    }
  }
}
