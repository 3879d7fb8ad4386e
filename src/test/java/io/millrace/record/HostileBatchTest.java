package io.millrace.record;

import static io.millrace.record.Batches.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.millrace.record.ValidationResult.Accepted;
import io.millrace.record.ValidationResult.Refused;
import io.millrace.simulation.Seeds;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Batches that want to harm: take memory, time, or the thread that looks at them. */
class HostileBatchTest {
  private final BatchValidator validator = new BatchValidator();

  private Refused refuse(ByteBuffer batch) {
    ValidationResult result = validator.validate(batch, ValidationRules.DEFAULT, NOW);
    assertThat(result).isInstanceOf(Refused.class);
    return (Refused) result;
  }

  private static long allocatedBytes(Runnable action) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    action.run();
    return threads.getCurrentThreadAllocatedBytes() - before;
  }

  private static byte[] snappyFramed(byte[]... chunks) {
    ByteBuffer stream = ByteBuffer.allocate(100_000);
    stream.putLong(0x82534e4150505900L).putInt(1).putInt(1);
    for (byte[] chunk : chunks) {
      stream.put(chunk);
    }
    return Arrays.copyOf(stream.array(), stream.position());
  }

  @Test
  void shouldNotBelieveTheLengthOfASnappyBlock() {
    byte[] twoGigabytes = {(byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, 7, 0, 'x'};
    ByteBuffer batch = Batches.aroundCompressed(twoGigabytes, 1, Codec.SNAPPY);

    long allocated = allocatedBytes(() -> refuse(batch));

    assertThat(allocated).isLessThan(1 << 20);
  }

  @Test
  void shouldNotBelieveTheLengthOfASnappyChunk() {
    byte[] halfAGigabyte = {0x1f, 0x7f, 0x7f, 0x7f, 1, 0, 'x'};
    ByteBuffer batch = Batches.aroundCompressed(snappyFramed(halfAGigabyte), 1, Codec.SNAPPY);

    long allocated = allocatedBytes(() -> refuse(batch));

    assertThat(allocated).isLessThan(1 << 20);
  }

  @Test
  void shouldNotBelieveTheLengthWithinASnappyChunk() {
    byte[] chunk = {0, 0, 0, 7, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, 7, 0, 'x'};
    ByteBuffer batch = Batches.aroundCompressed(snappyFramed(chunk), 1, Codec.SNAPPY);

    long allocated = allocatedBytes(() -> refuse(batch));

    assertThat(allocated).isLessThan(1 << 20);
  }

  @Test
  void shouldRefuseAChainOfSnappyHeaders() {
    byte[] header = snappyFramed();
    byte[][] headers = new byte[5_000][];
    Arrays.fill(headers, header);

    Refused refused = refuse(Batches.aroundCompressed(snappyFramed(headers), 1, Codec.SNAPPY));

    assertThat(refused.error()).isEqualTo(Errors.INVALID_RECORD);
  }

  @Test
  void shouldReadConcatenatedSnappyStreams() {
    byte[] records = Batches.recordBytes(Batches.batch(Codec.NONE, 2));
    byte[] first = compressed(Arrays.copyOf(records, 20));
    byte[] second = compressed(Arrays.copyOfRange(records, 20, records.length));
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);

    ValidationResult result =
        validator.validate(
            Batches.aroundCompressed(both, 2, Codec.SNAPPY), ValidationRules.DEFAULT, NOW);

    assertThat(result).isInstanceOf(Accepted.class);
  }

  private static byte[] compressed(byte[] bytes) {
    return Batches.recordBytes(Batches.around(bytes, 1, Codec.SNAPPY));
  }

  @Test
  void shouldRefuseAChainOfEmptyGzipMembers() throws IOException {
    ByteArrayOutputStream member = new ByteArrayOutputStream();
    new GZIPOutputStream(member).close();
    ByteArrayOutputStream chain = new ByteArrayOutputStream();
    while (chain.size() < 900_000) {
      member.writeTo(chain);
    }

    Refused refused = refuse(Batches.aroundCompressed(chain.toByteArray(), 1, Codec.GZIP));

    assertThat(refused.error()).isEqualTo(Errors.INVALID_RECORD);
  }

  @ParameterizedTest
  @EnumSource
  void shouldHoldOnlyAWindowOfWhatIsDecompressed(Codec codec) {
    // One record, 30 MiB of zeros: its own length says so.
    BatchBuilder builder = new BatchBuilder().codec(codec);
    ByteBuffer batch = builder.append(NOW, null, new byte[30 << 20]).build();
    ValidationRules rules = ValidationRules.DEFAULT.withMaxMessageBytes(64 << 20);
    validator.validate(batch, rules, NOW);

    long allocated =
        allocatedBytes(
            () -> assertThat(validator.validate(batch, rules, NOW)).isInstanceOf(Accepted.class));

    // Snappy allocates each of its chunks' lengths once; the rest is what the stream itself needs.
    assertThat(allocated).isLessThan(4 << 20);
  }

  @Test
  void shouldHoldNoMoreThanTheGreatestMessageWhenItRecompresses() {
    BatchBuilder builder = new BatchBuilder().codec(Codec.ZSTD);
    ByteBuffer batch = builder.append(NOW, null, new byte[60 << 20]).build();
    ValidationRules rules =
        ValidationRules.DEFAULT
            .withMaxMessageBytes(100_000)
            .withCompression(CompressionTarget.of(Codec.NONE));

    long allocated =
        allocatedBytes(
            () -> {
              ValidationResult result = validator.validate(batch, rules, NOW);
              assertThat(((Refused) result).error()).isEqualTo(Errors.MESSAGE_TOO_LARGE);
            });

    assertThat(allocated).isLessThan(8 << 20);
  }

  @Test
  void shouldAllocateNextToNothingForAPlainBatch() {
    ByteBuffer batch = Batches.direct(Batches.filled(Codec.NONE, 64 * 1024, 20));
    validator.validate(batch, ValidationRules.DEFAULT, NOW);

    long allocated = allocatedBytes(() -> validator.validate(batch, ValidationRules.DEFAULT, NOW));

    // A view for the CRC and the result: the same for one record and for thousands.
    assertThat(allocated).isLessThan(512);
  }

  /** Any bytes as compressed records: a verdict, never an exception, and the validator lives on. */
  @ParameterizedTest
  @EnumSource
  void shouldSurviveGarbageInPlaceOfCompressedRecords(Codec codec) {
    long seed = Long.getLong("millrace.seed", 77L);
    byte[] good = Batches.recordBytes(Batches.batch(codec, 20));
    for (int i = 0; i < 4_000; i++) {
      Random random = Seeds.random(seed + i);
      byte[] bytes = Arrays.copyOf(good, 1 + random.nextInt(good.length));
      for (int flips = random.nextInt(6); flips >= 0; flips--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
      ByteBuffer batch = Batches.aroundCompressed(bytes, 20, codec);

      ValidationResult result = validator.validate(batch, ValidationRules.DEFAULT, NOW);

      assertThat(result).as("seed %d", seed + i).isNotNull();
    }
    assertThat(validator.validate(Batches.batch(codec, 20), ValidationRules.DEFAULT, NOW))
        .isInstanceOf(Accepted.class);
  }

  /** Any bytes at all: never accepted, never an exception. */
  @Test
  void shouldRefuseRandomBytes() {
    long seed = Long.getLong("millrace.seed", 78L);
    Random random = new Random(seed);
    for (int i = 0; i < 50_000; i++) {
      byte[] bytes = new byte[random.nextInt(200)];
      random.nextBytes(bytes);
      ByteBuffer records = ByteBuffer.wrap(bytes);
      if (bytes.length > RecordBatch.MAGIC_AT && random.nextBoolean()) {
        records.put(RecordBatch.MAGIC_AT, RecordBatch.MAGIC);
        records.putInt(RecordBatch.LENGTH_AT, bytes.length - RecordBatch.LOG_OVERHEAD);
      }

      assertThat(refuse(records).error()).as("seed %d, %d", seed, i).isNotNull();
    }
  }

  /** The walk over plain records and the walk over a stream must never disagree. */
  @Test
  void shouldDecideTheSameWhateverTheCodec() {
    long seed = Long.getLong("millrace.seed", 79L);
    int accepted = 0;
    for (int i = 0; i < 10_000; i++) {
      Random random = Seeds.random(seed + i);
      BatchBuilder builder = new BatchBuilder();
      int count = 1 + random.nextInt(4);
      for (int record = 0; record < count; record++) {
        Batches.appendAny(builder, random, false);
      }
      byte[] records = Batches.recordBytes(builder.build());
      for (int changes = random.nextInt(3); changes > 0; changes--) {
        records[Math.min(random.nextInt(records.length), random.nextInt(40))] =
            (byte) random.nextInt();
      }

      ValidationResult plain = judge(records, count, Codec.NONE);
      ValidationResult streamed = judge(records, count, Codec.SNAPPY);

      assertThat(streamed.getClass())
          .as("seed %d: %s and %s", seed + i, plain, streamed)
          .isEqualTo(plain.getClass());
      if (plain instanceof Refused refused) {
        assertThat(((Refused) streamed).error()).isEqualTo(refused.error());
        assertThat(((Refused) streamed).recordErrors()).isEqualTo(refused.recordErrors());
      } else {
        accepted++;
        assertThat(((Accepted) streamed).maxTimestampMs())
            .isEqualTo(((Accepted) plain).maxTimestampMs());
      }
    }
    assertThat(accepted).isBetween(2_000, 8_000);
  }

  private ValidationResult judge(byte[] records, int count, Codec codec) {
    return validator.validate(Batches.around(records, count, codec), ValidationRules.DEFAULT, NOW);
  }
}
