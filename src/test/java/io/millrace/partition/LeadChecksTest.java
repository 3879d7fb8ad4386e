package io.millrace.partition;

import static io.millrace.partition.LeaderFixture.EPOCH;
import static io.millrace.partition.LeaderFixture.NODE;
import static io.millrace.partition.LeaderFixture.OTHER;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.record.ValidationRules;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When a leader is sure that nobody else has led. Its log is empty. */
class LeadChecksTest {
  @TempDir Path directory;
  private LeaderFixture f;
  private LeaderLog log;

  @BeforeEach
  void open() {
    f = new LeaderFixture(directory);
  }

  @AfterEach
  void close() {
    f.close();
  }

  private void lead(Integer... isr) {
    f.lead(f.loop, ValidationRules.DEFAULT, 1, isr);
    f.leader.moveIn(
        (id, bond) -> {
          log = bond;
          return null;
        });
  }

  /** The other replica's session. */
  private static final class Session extends FetchRead {
    private final List<FetchAnswer> read = new ArrayList<>();
    private final List<FetchAnswer> fired = new ArrayList<>();

    @Override
    protected void onRead(FetchAnswer answer) {
      read.add(answer);
    }

    @Override
    protected void onFired(FetchAnswer answer) {
      fired.add(answer);
    }
  }

  private FetchAnswer fetch(Session session) {
    int before = session.read.size();
    f.leader.read(
        session, new FetchAsk(0, EPOCH, -1, 100, false, true, new Follower(OTHER, 70 + OTHER), 1));
    f.loop.await(() -> session.read.size() > before);
    return session.read.get(before);
  }

  @Test
  void shouldBeSureAtOnceWhenNobodyElseCouldBeElected() {
    lead(NODE);

    assertThat(log.confirmLead().result()).isTrue();
  }

  @Test
  void shouldBeSureWhenAFollowerHasAnsweredAnAnswer() {
    lead(NODE, OTHER);
    Session session = new Session();
    Future<Boolean> sure = log.confirmLead();

    fetch(session);
    assertThat(sure.isComplete()).as("it may have been sent before").isFalse();
    fetch(session);

    assertThat(sure.result()).isTrue();
  }

  /** As they lie in the sockets of a process that stood still. */
  @Test
  void shouldNotTakeRequestsOfSessionsThatHaveEnded() {
    lead(NODE, OTHER);
    Future<Boolean> sure = log.confirmLead();

    for (int i = 0; i < 5; i++) {
      fetch(new Session());
    }

    assertThat(sure.isComplete()).isFalse();
  }

  @Test
  void shouldAnswerAFollowerThatWaits() {
    lead(NODE, OTHER);
    Session waiting = new Session();
    assertThat(fetch(waiting).urgent()).isFalse();

    log.confirmLead();

    assertThat(waiting.fired).extracting(FetchAnswer::urgent).containsExactly(true);
  }

  @Test
  void shouldLetAFollowerWaitAgainWhenItIsSure() {
    lead(NODE, OTHER);
    Session session = new Session();
    log.confirmLead();

    assertThat(fetch(session).urgent()).isTrue();
    assertThat(fetch(session).urgent()).isFalse();
  }

  @Test
  void shouldCountWhoMayHaveJoined() {
    lead(NODE);
    Session joining = new Session();
    fetch(joining);
    assertThat(f.isrChanges.asked).hasSize(1);

    Future<Boolean> sure = log.confirmLead();

    assertThat(sure.isComplete()).isFalse();
    f.isrChanges.answer(new IsrChanges.Outcome.Refused("not now"));
    assertThat(sure.result()).isTrue();
  }

  @Test
  void shouldBeSureWhenTheFollowerCanBeElectedNoMore() {
    lead(NODE, OTHER);
    Future<Boolean> sure = log.confirmLead();

    f.commitIsr(NODE);

    assertThat(sure.result()).isTrue();
  }

  @Test
  void shouldNotBeSureWhenItLeadsNoMore() {
    lead(NODE, OTHER);
    Future<Boolean> asked = log.confirmLead();
    Future<Boolean> later = log.confirmLead();

    f.leader.retire(
        Errors.NOT_LEADER_OR_FOLLOWER, new OfflineReplica(Errors.NOT_LEADER_OR_FOLLOWER, null));

    assertThat(asked.result()).isFalse();
    assertThat(later.result()).isFalse();
    assertThat(log.confirmLead().result()).isFalse();
  }

  @Test
  void shouldBeginAnewForWhoeverAsksMeanwhile() {
    lead(NODE, OTHER);
    Session session = new Session();
    Future<Boolean> first = log.confirmLead();
    fetch(session);
    Future<Boolean> second = log.confirmLead();
    fetch(session);
    assertThat(first.result()).isTrue();
    fetch(session);
    assertThat(second.isComplete()).isFalse();

    fetch(session);

    assertThat(second.result()).isTrue();
  }
}
