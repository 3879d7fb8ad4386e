package io.millrace.client;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class RepeatedWarningsTest {
  private static final long SECOND = 1_000_000_000L;

  private final RepeatedWarnings warnings =
      new RepeatedWarnings(LoggerFactory.getLogger(RepeatedWarningsTest.class));

  @Test
  void shouldWarnOfEachThingOnceAMinute() {
    assertThat(warnings.enter("a", 0)).isEqualTo(0);
    assertThat(warnings.enter("b", 0)).isEqualTo(0);
    assertThat(warnings.enter("a", 1 * SECOND)).isEqualTo(-1);
    assertThat(warnings.enter("a", 59 * SECOND)).isEqualTo(-1);

    assertThat(warnings.enter("a", 60 * SECOND)).isEqualTo(2);
    assertThat(warnings.enter("a", 61 * SECOND)).isEqualTo(-1);
  }

  @Test
  void shouldNotRememberMoreThanAHundred() {
    warnings.enter("a", 0);
    for (int i = 0; i < 1_000; i++) {
      assertThat(warnings.enter("other " + i, 0)).isEqualTo(0);
    }

    assertThat(warnings.enter("a", 1)).isEqualTo(0);
  }
}
