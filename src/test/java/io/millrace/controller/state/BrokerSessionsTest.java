package io.millrace.controller.state;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Sessions of 100 ms: that of broker 1, of epoch 0, began at 0; that of 2, of epoch 1, at 50. */
class BrokerSessionsTest {
  private final BrokerSessions sessions = new BrokerSessions(100);

  BrokerSessionsTest() {
    sessions.begin(1, 0, 0);
    sessions.begin(2, 1, 50);
  }

  @Test
  void shouldExpireWhenNothingIsHeard() {
    assertThat(sessions.expired(99)).isEmpty();
    assertThat(sessions.expired(100)).containsExactly(1);
    assertThat(sessions.isAlive(1, 100)).isFalse();
  }

  @Test
  void shouldBeAliveAgainWhenSomethingIsHeard() {
    sessions.heard(1, 0, 7, 100);
    assertThat(sessions.isAlive(1, 199)).isTrue();
  }

  @Test
  void shouldKeepSessionsApartFromRegistrations() {
    sessions.heard(1, 0, 7, 100);
    assertThat(sessions.metadataOffset(1, 0)).isEqualTo(7);
    assertThat(sessions.metadataOffset(1, 3)).isEqualTo(BrokerSessions.UNKNOWN);
  }

  @Test
  void shouldExpireAtOnceWhenTheProcessIsGone() {
    sessions.heard(1, 0, 7, 100);
    sessions.lose(1);
    assertThat(sessions.expired(101)).containsExactly(1);
    sessions.heard(1, 0, 5, 102);
    assertThat(sessions.expired(102)).isEmpty();
  }

  @Test
  void shouldNotForgetWhatABrokerHasHad() {
    sessions.heard(1, 0, 7, 100);
    sessions.heard(1, 0, 5, 102);
    assertThat(sessions.metadataOffset(1, 0)).isEqualTo(7);
  }

  @Test
  void shouldNotCountAsHeardWhoIsSilentForHalfOfItsTime() {
    sessions.heard(1, 0, 7, 100);
    assertThat(sessions.isHeard(1, 149)).isTrue();
    assertThat(sessions.isHeard(1, 150)).isFalse();
    assertThat(sessions.isAlive(1, 150)).isTrue();
  }

  @Test
  void shouldNotCountAsHeardWhoWasOnlyGrantedItsTime() {
    assertThat(sessions.isAlive(2, 51)).isTrue();
    assertThat(sessions.isHeard(2, 51)).isFalse();
    assertThat(sessions.isHeard(3, 51)).isFalse();
  }

  @Test
  void shouldNotExpireAfterItsEnd() {
    sessions.end(1);
    assertThat(sessions.expired(1_000)).containsExactly(2);
  }
}
