package io.millrace.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.Clock;
import org.junit.jupiter.api.Test;

class ControllerContactTest {
  private long nowMs = 1_000;

  private final ControllerContact contact =
      new ControllerContact(
          new Clock() {
            @Override
            public long wallMs() {
              return nowMs;
            }

            @Override
            public long nanos() {
              return nowMs * 1_000_000;
            }
          },
          6_000);

  @Test
  void shouldBeLostWhenNoAnswerHasComeForASession() {
    nowMs += 6_000;
    assertThat(contact.isLost()).isFalse();
    nowMs += 1;
    assertThat(contact.isLost()).isTrue();
  }

  @Test
  void shouldBeFoundAgainWithAnAnswer() {
    nowMs += 10_000;
    contact.onAnswer();
    assertThat(contact.isLost()).isFalse();
  }
}
