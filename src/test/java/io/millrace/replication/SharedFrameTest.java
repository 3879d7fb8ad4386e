package io.millrace.replication;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SharedFrameTest {
  private int givenBack;
  private final SharedFrame frame = new SharedFrame(() -> givenBack++);

  @Test
  void shouldBeGivenBackWhenNobodyReadsIt() {
    Runnable one = frame.share();
    Runnable other = frame.share();

    one.run();
    frame.release();
    assertThat(givenBack).isZero();
    other.run();

    assertThat(givenBack).isOne();
  }

  @Test
  void shouldNotCountOneReaderTwice() {
    Runnable one = frame.share();
    Runnable other = frame.share();
    frame.release();

    one.run();
    one.run();

    assertThat(givenBack).isZero();
    other.run();
    assertThat(givenBack).isOne();
  }

  @Test
  void shouldBeGivenBackAtOnceWhenNobodyIsToReadIt() {
    frame.release();

    assertThat(givenBack).isOne();
  }
}
