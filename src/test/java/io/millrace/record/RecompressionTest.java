package io.millrace.record;

import static io.millrace.record.Batches.NOW;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.record.ValidationResult.Accepted;
import io.millrace.record.ValidationResult.Refused;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class RecompressionTest {
  private final BatchValidator validator = new BatchValidator();

  static Stream<Arguments> pairs() {
    return Stream.of(Codec.values())
        .flatMap(
            from ->
                Stream.of(Codec.values())
                    .filter(to -> to != from)
                    .map(to -> Arguments.of(from, to)));
  }

  private static ValidationRules rules(CompressionTarget target) {
    return new ValidationRules(
        1 << 20,
        1 << 20,
        false,
        new TimestampRules(TimestampType.CREATE_TIME, Long.MAX_VALUE, Long.MAX_VALUE),
        target,
        true,
        false);
  }

  @ParameterizedTest
  @MethodSource("pairs")
  void shouldKeepEverythingButTheCodec(Codec from, Codec to) {
    Random random = new Random(7);
    BatchBuilder builder =
        new BatchBuilder().codec(from).transactional().producer(9, (short) 4, 1234).leaderEpoch(6);
    for (int i = 0; i < 50; i++) {
      Batches.appendAny(builder, random, false);
    }
    ByteBuffer batch = Batches.direct(builder.build());
    ByteBuffer before = Batches.copy(batch);

    ValidationResult result = validator.validate(batch, rules(CompressionTarget.of(to)), NOW);

    ByteBuffer rebuilt = ((Accepted) result).batch();
    int at = rebuilt.position();
    assertThat(rebuilt).isNotSameAs(batch);
    assertThat(Batches.copy(batch)).as("the source stays as it is").isEqualTo(before);
    assertThat(RecordBatch.compression(rebuilt, at)).isEqualTo(to);
    assertThat(RecordBatch.sizeInBytes(rebuilt, at)).isEqualTo(rebuilt.remaining());
    assertThat(RecordBatch.isCrcValid(rebuilt, at)).isTrue();
    assertThat(RecordBatch.isTransactional(rebuilt, at)).isTrue();
    assertThat(RecordBatch.producerId(rebuilt, at)).isEqualTo(9);
    assertThat(RecordBatch.producerEpoch(rebuilt, at)).isEqualTo((short) 4);
    assertThat(RecordBatch.baseSequence(rebuilt, at)).isEqualTo(1234);
    assertThat(RecordBatch.leaderEpoch(rebuilt, at)).isEqualTo(6);
    assertThat(RecordBatch.maxTimestamp(rebuilt, at))
        .isEqualTo(RecordBatch.maxTimestamp(before, 0));
    assertThat(RecordReader.readAll(rebuilt, at)).isEqualTo(RecordReader.readAll(before, 0));
  }

  @Test
  void shouldLeaveABatchOfTheRightCodecAlone() {
    ByteBuffer batch = Batches.batch(Codec.ZSTD, 10);

    Accepted accepted =
        (Accepted) validator.validate(batch, rules(CompressionTarget.of(Codec.ZSTD, 19)), NOW);

    assertThat(accepted.batch()).isSameAs(batch);
  }

  @Test
  void shouldUseTheLevel() {
    BatchBuilder builder = new BatchBuilder();
    Random random = new Random(3);
    for (int i = 0; i < 2000; i++) {
      builder.append(NOW, null, Batches.bytes("the quick brown " + random.nextInt(300)));
    }
    ByteBuffer text = builder.build();

    int fast = sizeAt(text, CompressionTarget.of(Codec.GZIP, 1));
    int small = sizeAt(text, CompressionTarget.of(Codec.GZIP, 9));

    assertThat(small).isLessThan(fast);
  }

  private int sizeAt(ByteBuffer batch, CompressionTarget target) {
    return ((Accepted) validator.validate(Batches.copy(batch), rules(target), NOW))
        .batch()
        .remaining();
  }

  @Test
  void shouldRefuseLevelsThatDoNotExist() {
    assertThatThrownBy(() -> CompressionTarget.of(Codec.GZIP, 10))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> CompressionTarget.of(Codec.ZSTD, 23))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void shouldSetTheAppendTimeInTheNewBatch() {
    ByteBuffer batch = Batches.batch(Codec.GZIP, 10);
    ValidationRules rules =
        rules(CompressionTarget.of(Codec.LZ4))
            .withTimestamps(new TimestampRules(TimestampType.LOG_APPEND_TIME, 0, 0));

    Accepted accepted = (Accepted) validator.validate(batch, rules, NOW + 77);

    ByteBuffer rebuilt = accepted.batch();
    assertThat(accepted.logAppendTimeMs()).isEqualTo(NOW + 77);
    assertThat(RecordBatch.isCrcValid(rebuilt, rebuilt.position())).isTrue();
    assertThat(RecordReader.readAll(rebuilt, rebuilt.position()))
        .allMatch(record -> record.timestampMs() == NOW + 77);
  }

  @Test
  void shouldRefuseWhatIsTooLargeInTheOtherCodec() {
    BatchBuilder builder = new BatchBuilder().codec(Codec.ZSTD);
    builder.append(NOW, null, new byte[2 << 20]);

    Refused refused =
        (Refused) validator.validate(builder.build(), rules(CompressionTarget.of(Codec.NONE)), NOW);

    assertThat(refused.error()).isEqualTo(Errors.MESSAGE_TOO_LARGE);
  }

  @Test
  void shouldRefuseMalformedRecordsBeforeSize() {
    ByteBuffer batch = Batches.around(new byte[2 << 20], 1, Codec.ZSTD);

    Refused refused =
        (Refused) validator.validate(batch, rules(CompressionTarget.of(Codec.NONE)), NOW);

    assertThat(refused.error()).isEqualTo(Errors.INVALID_RECORD);
  }
}
