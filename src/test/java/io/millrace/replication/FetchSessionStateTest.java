package io.millrace.replication;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.TopicId;
import io.millrace.protocol.replica.ReplicaFetchRequest.Forgotten;
import io.millrace.protocol.replica.ReplicaFetchRequest.Wanted;
import org.junit.jupiter.api.Test;

class FetchSessionStateTest {
  private static final TopicId TOPIC = new TopicId(1, 2);

  private final FetchSessionState session = new FetchSessionState();

  private void want(int partition, long offset) {
    session.want(new FetchKey(TOPIC, partition), wanted(partition, offset));
  }

  private static Wanted wanted(int partition, long offset) {
    return new Wanted(TOPIC, partition, 5, offset, 4, 0, 1_000);
  }

  private FetchSessionState.Change next() {
    return session.next();
  }

  @Test
  void shouldNameEverythingAtFirst() {
    want(0, 10);
    want(1, 20);

    FetchSessionState.Change first = next();

    assertThat(first.sessionId()).isZero();
    assertThat(first.sessionEpoch()).isZero();
    assertThat(first.wanted()).containsExactly(wanted(0, 10), wanted(1, 20));
    assertThat(first.forgotten()).isEmpty();
  }

  @Test
  void shouldNameOnlyWhatIsDifferent() {
    want(0, 10);
    want(1, 20);
    next();
    session.onAnswered(77);
    want(1, 25);

    FetchSessionState.Change second = next();

    assertThat(second.sessionId()).isEqualTo(77);
    assertThat(second.sessionEpoch()).isOne();
    assertThat(second.wanted()).containsExactly(wanted(1, 25));
  }

  @Test
  void shouldForgetWhatIsNotReadyAndNameItAgainLater() {
    want(0, 10);
    want(1, 20);
    next();
    session.onAnswered(77);
    session.leaveOut(new FetchKey(TOPIC, 0));

    assertThat(next().forgotten()).containsExactly(new Forgotten(TOPIC, 0));
    session.onAnswered(77);
    want(0, 10);

    assertThat(next().wanted()).containsExactly(wanted(0, 10));
  }

  @Test
  void shouldKnowWhatTheLeaderWasAskedForLast() {
    want(0, 10);
    next();

    assertThat(session.asks(new FetchKey(TOPIC, 0), wanted(0, 10))).isTrue();
    assertThat(session.asks(new FetchKey(TOPIC, 0), wanted(0, 11))).isFalse();
    session.reset();
    assertThat(session.asks(new FetchKey(TOPIC, 0), wanted(0, 10))).isFalse();
  }

  @Test
  void shouldBeginAnewAfterAResetInTheMiddle() {
    want(0, 10);
    next();
    session.onAnswered(77);
    next();
    session.reset();

    FetchSessionState.Change again = next();

    assertThat(again.sessionId()).isZero();
    assertThat(again.sessionEpoch()).isZero();
    assertThat(again.wanted()).containsExactly(wanted(0, 10));
  }

  @Test
  void shouldNameEverythingWhileTheLeaderHasNoSessionToSpare() {
    want(0, 10);
    next();
    session.onAnswered(0);

    FetchSessionState.Change second = next();

    assertThat(second.sessionEpoch()).isZero();
    assertThat(second.wanted()).containsExactly(wanted(0, 10));
  }

  @Test
  void shouldSayNothingOfWhatWasLeftOutForAMoment() {
    want(0, 10);
    next();
    session.onAnswered(77);
    session.leaveOut(new FetchKey(TOPIC, 0));
    want(0, 10);

    FetchSessionState.Change second = next();

    assertThat(second.wanted()).isEmpty();
    assertThat(second.forgotten()).isEmpty();
  }

  @Test
  void shouldNameNothingTwice() {
    want(0, 10);
    next();
    session.onAnswered(77);

    assertThat(next().wanted()).isEmpty();
    session.onAnswered(77);
    assertThat(next().wanted()).isEmpty();
  }

  @Test
  void shouldNotForgetWhatTheLeaderWasNeverTold() {
    want(0, 10);
    next();
    session.onAnswered(77);
    want(1, 20);
    session.leaveOut(new FetchKey(TOPIC, 1));

    assertThat(next().forgotten()).isEmpty();
    assertThat(session.isEmpty()).isFalse();
  }
}
