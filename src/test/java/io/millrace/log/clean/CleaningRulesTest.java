package io.millrace.log.clean;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.clean.CleaningRules.Marker;
import io.millrace.record.BatchBuilder;
import io.millrace.record.BatchFilter;
import io.millrace.record.RecordBatch;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CleaningRulesTest {
  private static final long NOW = 1_000_000;
  private static final long RETENTION = 5_000;

  private final OffsetMap map = new OffsetMap(new TableMemory(), 10_000, 0.9, 100, 1, 2);
  private final TransactionOutcomes outcomes = new TransactionOutcomes();
  private final LastRecords lastRecords = new LastRecords();
  private CleaningRules rules;

  @BeforeEach
  void make() {
    rules = rules(99, NOW);
  }

  private CleaningRules rules(long latestOffset, long nowMs) {
    return new CleaningRules(map, latestOffset, outcomes, lastRecords, 100, nowMs, RETENTION);
  }

  private static ByteBuffer key(String key) {
    return StandardCharsets.UTF_8.encode(key);
  }

  private static BatchBuilder one(long baseOffset) {
    return new BatchBuilder().baseOffset(baseOffset).append(1, new byte[1], new byte[1]);
  }

  private void plain(long baseOffset) {
    rules.onBatch(one(baseOffset).build(), 0, Marker.NONE);
  }

  private static ByteBuffer withHorizon(ByteBuffer batch, long horizonMs) {
    BatchFilter filter = new BatchFilter();
    filter.filter(batch, 0, (offset, key, hasValue) -> true);
    return filter.rebuild(horizonMs);
  }

  private static BatchBuilder transactional(long producerId, long baseOffset) {
    return one(baseOffset).producer(producerId, (short) 0, 0).transactional();
  }

  private static ByteBuffer marker(long producerId, long baseOffset, int type) {
    ByteBuffer key = ByteBuffer.allocate(4).putShort((short) 0).putShort((short) type);
    return new BatchBuilder()
        .baseOffset(baseOffset)
        .producer(producerId, (short) 0, RecordBatch.NO_SEQUENCE)
        .transactional()
        .control()
        .append(1, key.array(), new byte[6])
        .build();
  }

  @Test
  void shouldKeepTheLastRecordOfAKeyOnly() {
    map.put(key("a"), 7);
    plain(5);
    assertThat(rules.retains(5, key("a"), true)).isFalse();
    assertThat(rules.retains(7, key("a"), true)).isTrue();
    assertThat(rules.retains(8, key("a"), true)).isTrue();
    assertThat(rules.retains(5, key("b"), true)).isTrue();
  }

  @Test
  void shouldDropWhatHasNoKey() {
    plain(5);
    assertThat(rules.retains(5, null, true)).isFalse();
  }

  @Test
  void shouldKeepWhatTheMapDoesNotCover() {
    rules = rules(50, NOW);
    map.put(key("a"), 50);
    plain(51);
    assertThat(rules.retains(51, key("a"), true)).isTrue();
    assertThat(rules.retains(52, null, true)).isTrue();
    assertThat(rules.retains(53, key("b"), false)).isTrue();
    assertThat(rules.newHorizonMs()).as("of a tombstone not covered yet").isEqualTo(-1);
  }

  @Test
  void shouldGiveATombstoneItsTime() {
    map.put(key("a"), 5);
    plain(5);
    assertThat(rules.newHorizonMs()).isEqualTo(-1);
    assertThat(rules.retains(5, key("a"), false)).isTrue();
    assertThat(rules.newHorizonMs()).isEqualTo(NOW + RETENTION);
  }

  @Test
  void shouldKeepATombstoneUntilItsTimeIsOver() {
    map.put(key("a"), 5);
    ByteBuffer batch = withHorizon(one(5).build(), NOW + 1);
    rules.onBatch(batch, 0, Marker.NONE);
    assertThat(rules.retains(5, key("a"), false)).isTrue();
    rules = rules(99, NOW + 1);
    rules.onBatch(batch, 0, Marker.NONE);
    assertThat(rules.retains(5, key("a"), false)).isFalse();
    assertThat(rules.retains(5, key("a"), true)).isTrue();
  }

  @Test
  void shouldKeepTheLastBatchOfTheRound() {
    plain(98);
    assertThat(rules.staysEmpty()).isFalse();
    plain(99);
    assertThat(rules.staysEmpty()).isTrue();
  }

  @Test
  void shouldKeepTheLastBatchOfAProducer() {
    lastRecords.add(4, 20, (short) 0);
    rules.onBatch(one(19).producer(4, (short) 0, 0).build(), 0, Marker.NONE);
    assertThat(rules.staysEmpty()).isFalse();
    rules.onBatch(one(20).producer(4, (short) 0, 1).build(), 0, Marker.NONE);
    assertThat(rules.staysEmpty()).isTrue();
    rules.onBatch(one(20).producer(5, (short) 0, 1).build(), 0, Marker.NONE);
    assertThat(rules.staysEmpty()).isFalse();
  }

  @Test
  void shouldKeepTheMarkerOfAProducerWithoutRecords() {
    lastRecords.add(4, -1, (short) 0);
    rules.onBatch(marker(4, 20, 1), 0, Marker.COMMIT);
    assertThat(rules.staysEmpty()).isTrue();
    lastRecords.add(4, -1, (short) 1);
    rules.onBatch(marker(4, 21, 1), 0, Marker.COMMIT);
    assertThat(rules.staysEmpty()).isFalse();
  }

  @Test
  void shouldDropWhatWasAborted() {
    outcomes.onBatch(4, 10);
    outcomes.onMarker(4, 12, false);
    rules.onBatch(transactional(4, 10).build(), 0, Marker.NONE);
    assertThat(rules.discardsRecords()).isTrue();
    rules.onBatch(transactional(5, 11).build(), 0, Marker.NONE);
    assertThat(rules.discardsRecords()).isFalse();
  }

  @Test
  void shouldKeepAMarkerAsLongAsABatchOfItsTransaction() {
    for (Marker marker : new Marker[] {Marker.ABORT, Marker.COMMIT}) {
      ByteBuffer batch = withHorizon(marker(4, 12, 0), NOW);
      rules.onBatch(transactional(4, 10).build(), 0, Marker.NONE);
      rules.onBatch(batch, 0, marker);
      assertThat(rules.discardsRecords()).isFalse();
      assertThat(rules.retains(12, key("any"), true)).isTrue();
      rules.onBatch(batch, 0, marker);
      assertThat(rules.discardsRecords()).as("of an empty transaction").isTrue();
    }
  }

  @Test
  void shouldKeepAMarkerUntilItsTimeIsOver() {
    rules.onBatch(marker(4, 12, 1), 0, Marker.COMMIT);
    assertThat(rules.discardsRecords()).isFalse();
    assertThat(rules.newHorizonMs()).isEqualTo(NOW + RETENTION);
    rules.onBatch(withHorizon(marker(4, 12, 1), NOW + 1), 0, Marker.COMMIT);
    assertThat(rules.discardsRecords()).isFalse();
    rules.onBatch(withHorizon(marker(4, 12, 1), NOW), 0, Marker.COMMIT);
    assertThat(rules.discardsRecords()).isTrue();
  }

  @Test
  void shouldKeepControlBatchesOfOtherKinds() {
    rules.onBatch(withHorizon(marker(-1, 12, 2), NOW), 0, Marker.OTHER);
    assertThat(rules.discardsRecords()).isFalse();
    assertThat(rules.newHorizonMs()).isEqualTo(-1);
  }
}
