package io.millrace.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.PooledByteBufAllocator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class NettyLeaksTest {
  @Test
  void shouldNoticeALostBuffer() {
    try (NettyLeaks leaks = new NettyLeaks()) {
      for (int i = 0; i < 10; i++) {
        PooledByteBufAllocator.DEFAULT.directBuffer(16).writeInt(i);
      }

      assertThat(leaks.find()).isNotEmpty();
    }
  }
}
