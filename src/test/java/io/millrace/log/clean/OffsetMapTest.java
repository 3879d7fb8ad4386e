package io.millrace.log.clean;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OffsetMapTest {
  private final TableMemory memory = new TableMemory();

  private static ByteBuffer key(long value) {
    return ByteBuffer.allocate(Long.BYTES).putLong(0, value);
  }

  @ParameterizedTest(name = "{0} bytes")
  @CsvSource({
    "0, a3817f04ba25a8e66df67214c7550293",
    "1, da87c1d86b99af44347659119b22fc45",
    "63, 5150d1772f50834a503e069a973fbd7c"
  })
  void shouldHashAsTheReferenceDoes(int length, String expected) {
    // Key and text of the reference implementation's test vectors: 00 01 02 …
    KeyHash hash = new KeyHash(0x0706050403020100L, 0x0f0e0d0c0b0a0908L);
    ByteBuffer text = ByteBuffer.allocate(length);
    for (int i = 0; i < length; i++) {
      text.put(i, (byte) i);
    }
    hash.hash(text);
    ByteBuffer result = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    result.putLong(hash.low()).putLong(hash.high());
    assertThat(HexFormat.of().formatHex(result.array())).isEqualTo(expected);
  }

  @Test
  void shouldKnowTheLastOffsetOfEachKey() {
    OffsetMap map = new OffsetMap(memory, 24 * 1000, 0.9, 1000, 1, 2);
    Map<Long, Long> model = new HashMap<>();
    Random random = new Random(7);
    for (long offset = 0; offset < 5000; offset++) {
      long key = random.nextInt(800);
      assertThat(map.put(key(key), offset)).isTrue();
      model.put(key, offset);
    }
    model.forEach((key, offset) -> assertThat(map.get(key(key), -1)).isEqualTo(offset));
    assertThat(map.get(key(-5), -1)).isEqualTo(-1);
    assertThat(map.size()).isEqualTo(model.size());
  }

  @Test
  void shouldKnowOffsetZeroAndTheEmptyKey() {
    OffsetMap map = new OffsetMap(memory, 1000, 0.5, 10, 1, 2);
    map.put(ByteBuffer.allocate(0), 0);
    assertThat(map.get(ByteBuffer.allocate(0), -1)).isZero();
  }

  @Test
  void shouldTakeOnlyKnownKeysWhenFull() {
    OffsetMap map = new OffsetMap(memory, 24 * 10, 0.9, Long.MAX_VALUE, 1, 2);
    assertThat(map.limit()).isEqualTo(9);
    for (int i = 0; i < 9; i++) {
      assertThat(map.put(key(i), i)).isTrue();
    }
    assertThat(map.put(key(100), 9)).isFalse();
    assertThat(map.put(key(3), 10)).isTrue();
    assertThat(map.get(key(3), -1)).isEqualTo(10);
    assertThat(map.get(key(100), -1)).isEqualTo(-1);
  }

  @Test
  void shouldTakeNoMoreMemoryThanTheKeysNeed() {
    OffsetMap map = new OffsetMap(memory, 1L << 40, 0.9, 10, 1, 2);
    assertThat(map.limit()).isBetween(10, 12);
  }

  @Test
  void shouldAlwaysTakeAKeyAndEndEverySearch() {
    OffsetMap map = new OffsetMap(memory, 0, 1, 1, 1, 2);
    assertThat(map.put(key(1), 1)).isTrue();
    assertThat(map.put(key(2), 1)).isFalse();
    assertThat(map.get(key(3), -1)).isEqualTo(-1);
  }

  @Test
  void shouldKnowKeysInEveryPieceOfItsMemory() {
    int keys = 3 * OffsetMap.PIECE_SLOTS;
    OffsetMap map = new OffsetMap(memory, 1L << 40, 1, keys, 1, 2);
    for (int key = 0; key < keys; key++) {
      assertThat(map.put(key(key), key)).isTrue();
    }
    assertThat(map.put(key(-1), keys)).isFalse();
    for (int key = 0; key < keys; key++) {
      assertThat(map.get(key(key), -1)).isEqualTo(key);
    }
  }

  /** In one piece of memory: of several each would come back for other keys. */
  @Test
  void shouldKnowNothingOfTheMapThatHadItsMemoryBefore() {
    OffsetMap before = new OffsetMap(memory, 1 << 20, 0.9, 20_000, 1, 2);
    for (int key = 0; key < 20_000; key++) {
      before.put(key(key), key);
    }
    before.release(memory, Long.MAX_VALUE);
    assertThat(memory.freeBytes()).isEqualTo(TableMemory.PIECE_BYTES);
    OffsetMap map = new OffsetMap(memory, 1 << 20, 0.9, 20_000, 1, 2);
    assertThat(memory.freeBytes()).isZero();
    for (int key = 0; key < 20_000; key++) {
      assertThat(map.get(key(key), -1)).isEqualTo(-1);
    }
  }

  @Test
  void shouldKeepNoMoreMemoryThanItMay() {
    OffsetMap map = new OffsetMap(memory, 1L << 40, 1, 5 * OffsetMap.PIECE_SLOTS, 1, 2);
    map.release(memory, 2L * TableMemory.PIECE_BYTES + 1);
    assertThat(memory.freeBytes()).isEqualTo(2L * TableMemory.PIECE_BYTES);
    new OffsetMap(memory, 0, 1, 1, 1, 2).release(memory, 0);
    assertThat(memory.freeBytes()).as("after it became less").isEqualTo(TableMemory.PIECE_BYTES);
  }

  @Test
  void shouldRefuseAnImpossibleLoadFactor() {
    assertThatThrownBy(() -> new OffsetMap(memory, 100, 0, 1, 1, 2))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void shouldTellTheSameOfKeysThatWereAnnounced() {
    OffsetMap map = new OffsetMap(memory, 1 << 20, 0.9, 20_000, 1, 2);
    for (int batch = 0; batch < 3; batch++) {
      int from = batch * 5_000;
      map.beginBatch();
      for (int i = from; i < from + 5_000; i++) {
        if (i % 3 != 0) {
          map.ahead(key(i % 1_000), i);
        }
      }
      map.fetch();
      for (int i = from; i < from + 5_000; i++) {
        if (i % 7 != 0) {
          assertThat(map.put(key(i % 1_000), i)).isTrue();
        }
      }
    }
    assertThat(map.size()).isEqualTo(1_000);
    assertThat(map.fetched()).isPositive();
    for (int key = 0; key < 1_000; key++) {
      int last = 14_000 + key;
      assertThat(map.get(key(key), last)).isEqualTo(last % 7 == 0 ? last - 1_000 : last);
    }
  }
}
