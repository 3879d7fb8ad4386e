package io.millrace.api.fetch;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RoundTripTest {
  private final RoundTrip roundTrip = new RoundTrip();
  private long nowMs;

  private RoundTrip takes(int ms) {
    roundTrip.onAnswered(true, nowMs * 1_000_000);
    nowMs += ms;
    roundTrip.onAsked(nowMs * 1_000_000);
    return roundTrip;
  }

  @Test
  void shouldGatherNothingBeforeTheWayIsKnown() {
    assertThat(roundTrip.gatherMs()).isZero();
  }

  @Test
  void shouldGatherNothingForWhoIsNear() {
    assertThat(takes(3).gatherMs()).isZero();
  }

  @Test
  void shouldGatherForASmallPartOfALongWay() {
    assertThat(takes(4).gatherMs()).isOne();
    assertThat(new RoundTripTest().takes(12).gatherMs()).isEqualTo(2);
    assertThat(new RoundTripTest().takes(300).gatherMs()).isEqualTo(3);
  }

  @Test
  void shouldNotTakeASlowWriteForALongWay() {
    takes(1);

    assertThat(takes(100).gatherMs()).isZero();
  }

  @Test
  void shouldNoticeAWayThatGetsLonger() {
    takes(1);
    for (int i = 0; i < 20; i++) {
      takes(20);
    }

    assertThat(roundTrip.gatherMs()).isPositive();
  }

  @Test
  void shouldNotCountTheTimeInWhichNothingHappens() {
    roundTrip.onAnswered(false, 0);
    roundTrip.onAsked(500_000_000);

    assertThat(roundTrip.gatherMs()).isZero();
  }
}
