package io.millrace.coordinator.group;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

class PartitionLagTest {
  private static PartitionLag lag(long committed, long end) {
    return PartitionLag.of(
        "t", 0, new CommittedOffset(committed, -1, "", 0, -1, Uuid.ZERO_UUID), end);
  }

  @Test
  void shouldCountRecordsUpToTheEnd() {
    assertThat(lag(40, 100).records()).isEqualTo(60);
  }

  @Test
  void shouldNotKnowTheAgeBeforeTheRecordIsLookedUp() {
    assertThat(lag(40, 100).ms()).isEqualTo(PartitionLag.UNKNOWN);
  }

  @Test
  void shouldBeNothingWhenAllIsRead() {
    assertThat(lag(100, 100).records()).isZero();
    assertThat(lag(100, 100).ms()).isZero();
  }

  @Test
  void shouldNeverBeBelowNothing() {
    assertThat(lag(120, 100).records()).isZero();
  }

  @Test
  void shouldBeUnknownWithoutAnEnd() {
    assertThat(lag(40, -1).records()).isEqualTo(PartitionLag.UNKNOWN);
    assertThat(lag(40, -1).ms()).isEqualTo(PartitionLag.UNKNOWN);
  }

  @Test
  void shouldBeAsOldAsTheOldestRecord() {
    assertThat(lag(40, 100).since(7_000, 10_000).ms()).isEqualTo(3_000);
  }

  @Test
  void shouldNotBeYoungerThanNow() {
    assertThat(lag(40, 100).since(11_000, 10_000).ms()).isZero();
  }

  @Test
  void shouldNotKnowTheAgeOfARecordWithoutTime() {
    assertThat(lag(40, 100).since(-1, 10_000).ms()).isEqualTo(PartitionLag.UNKNOWN);
  }

  @Test
  void shouldAddUpWhatIsKnown() {
    assertThat(PartitionLag.totalRecords(List.of(lag(40, 100), lag(1, -1), lag(0, 5))))
        .isEqualTo(65);
  }

  @Test
  void shouldNotKnowTheTotalOfNothingKnown() {
    assertThat(PartitionLag.totalRecords(List.of(lag(1, -1)))).isEqualTo(PartitionLag.UNKNOWN);
    assertThat(PartitionLag.totalRecords(List.of())).isZero();
  }

  @Test
  void shouldTakeTheLongestAge() {
    assertThat(
            PartitionLag.longestMs(
                List.of(lag(9, 9), lag(0, 9).since(4, 10), lag(0, 9).since(2, 10), lag(0, 9))))
        .isEqualTo(8);
  }

  @Test
  void shouldNotTakeAnUnknownAgeForNone() {
    assertThat(PartitionLag.longestMs(List.of(lag(9, 9), lag(0, 9))))
        .isEqualTo(PartitionLag.UNKNOWN);
    assertThat(PartitionLag.longestMs(List.of(lag(9, 9)))).isZero();
  }
}
