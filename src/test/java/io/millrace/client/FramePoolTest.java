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
    FramePool small = new FramePool(2 << 20);
    List<ByteBuffer> given = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      given.add(small.take(1 << 20));
    }
    given.forEach(small::give);

    assertThat(small.take(1 << 20)).isSameAs(given.get(0));
    assertThat(small.take(1 << 20)).isSameAs(given.get(1));
    assertThat(small.take(1 << 20)).isNotSameAs(given.get(2));
  }
}
