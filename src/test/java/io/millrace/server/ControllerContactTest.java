package io.millrace.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.ManualClock;
import org.junit.jupiter.api.Test;

class ControllerContactTest {
  private final ManualClock clock = new ManualClock();
  private final ControllerContact contact = new ControllerContact(clock, 6_000);

  @Test
  void shouldBeLostWhenNoAnswerHasComeForASession() {
    clock.advanceMs(6_000);
    assertThat(contact.isLost()).isFalse();
    clock.advanceMs(1);
    assertThat(contact.isLost()).isTrue();
  }

  @Test
  void shouldBeFoundAgainWithAnAnswer() {
    clock.advanceMs(10_000);
    contact.onAnswer();
    assertThat(contact.isLost()).isFalse();
  }
}
