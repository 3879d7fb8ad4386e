package io.millrace.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FramePoolTest {
  private final FramePool pool = new FramePool();

  @Test
  void shouldHaveRoomForJustTheFrame() {
    for (int bytes : new int[] {1 << 16, (1 << 16) + 1, 1_000_000, 1 << 24}) {
      ByteBuffer frame = pool.take(bytes);

      assertThat(frame.isDirect()).isTrue();
      assertThat(frame.position()).isZero();
      assertThat(frame.remaining()).isEqualTo(bytes);
    }
  }

  @Test
  void shouldLeaveSmallAndHugeFramesToTheHeap() {
    assertThat(pool.take((1 << 16) - 1)).isNull();
    assertThat(pool.take((1 << 24) + 1)).isNull();
  }

  @Test
  void shouldUseMemoryAgain() {
    ByteBuffer first = pool.take(100_000);
    first.position(50_000);
    pool.give(first);

    ByteBuffer second = pool.take(130_000);

    assertThat(second).isSameAs(first);
    assertThat(second.remaining()).isEqualTo(130_000);
    assertThat(pool.take(100_000)).isNotSameAs(first);
  }

  @Test
  void shouldKeepABoundedAmountThatNobodyUses() {
    List<ByteBuffer> given = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      given.add(pool.take(1 << 24));
    }
    given.forEach(pool::give);

    assertThat(pool.take(1 << 24)).isSameAs(given.get(0));
    assertThat(pool.take(1 << 24)).isSameAs(given.get(1));
    assertThat(pool.take(1 << 24)).isNotSameAs(given.get(2));
  }
}
