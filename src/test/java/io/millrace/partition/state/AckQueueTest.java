package io.millrace.partition.state;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AckQueueTest {
  private final AckQueue<String> queue = new AckQueue<>();

  @Test
  void shouldReleaseInOrderAsTheOffsetGrows() {
    queue.add(10, 1000, "a");
    queue.add(20, 1000, "b");

    assertThat(queue.poll(9)).isNull();
    assertThat(queue.poll(15)).isEqualTo("a");
    assertThat(queue.poll(15)).isNull();
    assertThat(queue.poll(20)).isEqualTo("b");
    assertThat(queue.isEmpty()).isTrue();
  }

  @Test
  void shouldKeepADuplicateBehindWhatCameBefore() {
    queue.add(20, 1000, "new");
    queue.add(10, 1000, "duplicate of an older one");

    assertThat(queue.poll(10)).isNull();
    assertThat(queue.poll(20)).isEqualTo("new");
    assertThat(queue.poll(20)).isEqualTo("duplicate of an older one");
  }

  @Test
  void shouldExpireWhereverTheyStand() {
    queue.add(10, 500, "early");
    queue.add(20, 100, "impatient");

    assertThat(queue.expire(100)).containsExactly("impatient");
    assertThat(queue.expire(499)).isEmpty();
    assertThat(queue.poll(10)).isEqualTo("early");
  }

  @Test
  void shouldGiveUpWhatCannotBeReachedAnyMore() {
    queue.add(10, 1000, "written");
    queue.add(20, 1000, "lost");
    queue.add(30, 1000, "lost too");

    assertThat(queue.removeAbove(10)).containsExactly("lost", "lost too");
    assertThat(queue.poll(10)).isEqualTo("written");
  }
}
