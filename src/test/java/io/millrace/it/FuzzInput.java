package io.millrace.it;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.Set;
import org.apache.kafka.common.message.ApiVersionsResponseData.ApiVersionCollection;
import org.apache.kafka.common.protocol.ApiKeys;

/**
 * One bad (or only odd) input: the bytes for a connection.
 *
 * @param key the API of an undamaged request, whose answer can be read; null = damaged
 * @param version of an undamaged request
 * @param bytes with the length in front
 * @param complete false = the broker waits for more bytes than these
 *     <p>Owner: immutable.
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared or hashed.
record FuzzInput(ApiKeys key, short version, byte[] bytes, boolean complete) {
  private static final Set<ApiKeys> WAITING =
      Set.of(ApiKeys.JOIN_GROUP, ApiKeys.SYNC_GROUP, ApiKeys.ADD_RAFT_VOTER);

  /**
   * Whether the request may rightly take long: damage can make a Fetch wait for as long as the
   * number in it says, who joins a group waits for its members, and a new voter has to catch up.
   */
  boolean mayWait() {
    if (key != null) {
      return WAITING.contains(key);
    }
    return bytes.length > 6
        && bytes[4] == 0
        && (bytes[5] == ApiKeys.FETCH.id
            || WAITING.stream().anyMatch(waiting -> bytes[5] == waiting.id));
  }

  /**
   * Makes the inputs of one connection.
   *
   * <p>Owner: one thread.
   */
  static final class Source {
    private final Random random;
    private final SchemaFuzz fuzz;
    private final ApiVersionCollection advertised;

    Source(Random random, SchemaFuzz fuzz, ApiVersionCollection advertised) {
      this.random = random;
      this.fuzz = fuzz;
      this.advertised = advertised;
    }

    FuzzInput next() {
      int kind = random.nextInt(100);
      if (kind < 45) {
        return undamaged();
      }
      byte[] frame = undamaged().bytes();
      if (kind < 70) {
        return damaged(flipped(frame));
      }
      if (kind < 78) {
        int keep = 4 + random.nextInt(frame.length - 4);
        return damaged(framed(ByteBuffer.wrap(frame, 4, keep - 4)));
      }
      if (kind < 83) {
        byte[] more = fuzz.noise(1 + random.nextInt(random.nextInt(100) == 0 ? 500_000 : 50));
        return damaged(
            framed(
                ByteBuffer.allocate(frame.length - 4 + more.length)
                    .put(frame, 4, frame.length - 4)
                    .put(more)
                    .flip()));
      }
      if (kind < 90) {
        byte[] noise = fuzz.noise(frame.length - 4);
        System.arraycopy(frame, 4, noise, 0, Math.min(noise.length, 14));
        return damaged(framed(ByteBuffer.wrap(noise)));
      }
      if (kind < 94) {
        ByteBuffer.wrap(frame)
            .putShort(4, (short) (random.nextInt(110) - 5))
            .putShort(6, (short) (random.nextInt(40) - 5));
        return damaged(frame);
      }
      if (kind < 96) {
        return damaged(framed(ByteBuffer.wrap(fuzz.noise(random.nextInt(300)))));
      }
      return wrongLength(frame);
    }

    private FuzzInput undamaged() {
      var range = advertised.stream().skip(random.nextInt(advertised.size())).findFirst();
      ApiKeys key = ApiKeys.forId(range.orElseThrow().apiKey());
      int min = Math.max(range.orElseThrow().minVersion(), key.oldestVersion());
      int max = Math.min(range.orElseThrow().maxVersion(), key.latestVersion(true));
      short version = (short) (min + random.nextInt(max - min + 1));
      return new FuzzInput(key, version, framed(fuzz.request(key, version, 1)), true);
    }

    private static FuzzInput damaged(byte[] bytes) {
      return new FuzzInput(null, (short) 0, bytes, true);
    }

    private byte[] flipped(byte[] frame) {
      for (int flips = 1 + random.nextInt(6); flips > 0; flips--) {
        // The header is left alone most of the time, so that the damage reaches the body.
        int from = random.nextInt(8) == 0 ? 4 : Math.min(14, frame.length - 1);
        int at = from + random.nextInt(frame.length - from);
        frame[at] = random.nextBoolean() ? (byte) random.nextInt(256) : (byte) (frame[at] ^ 1 << 7);
      }
      return frame;
    }

    private FuzzInput wrongLength(byte[] frame) {
      ByteBuffer length = ByteBuffer.wrap(frame);
      return switch (random.nextInt(7)) {
        case 0 -> damaged(length.putInt(0, -1 - random.nextInt(1_000)).array());
        case 1 -> damaged(length.putInt(0, Integer.MIN_VALUE).array());
        case 2 -> damaged(length.putInt(0, Integer.MAX_VALUE - random.nextInt(1_000)).array());
        case 3 -> damaged(length.putInt(0, random.nextInt(8)).array());
        case 4 -> damaged("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        case 5 -> new FuzzInput(null, (short) 0, length.putInt(0, 90_000_000).array(), false);
        default ->
            new FuzzInput(
                null, (short) 0, Arrays.copyOf(frame, 1 + random.nextInt(frame.length - 1)), false);
      };
    }

    private static byte[] framed(ByteBuffer frame) {
      return ByteBuffer.allocate(4 + frame.remaining())
          .putInt(frame.remaining())
          .put(frame)
          .array();
    }
  }
}
