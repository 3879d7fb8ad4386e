package io.millrace.cli.groups;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.cli.groups.ResetRule.Facts;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ResetRuleTest {
  private static final Facts AT_50 = new Facts(50L, 10, 100, 70);
  private static final Facts NOTHING = new Facts(null, 10, 100, -1);

  @Test
  void shouldGoToTheFirstRecord() {
    assertThat(new ResetRule.ToEarliest().target(AT_50)).isEqualTo(10);
  }

  @Test
  void shouldGoToTheEnd() {
    assertThat(new ResetRule.ToLatest().target(AT_50)).isEqualTo(100);
  }

  @Test
  void shouldGoToTheFirstRecordNotOlder() {
    assertThat(new ResetRule.ToTime(1).target(AT_50)).isEqualTo(70);
  }

  @Test
  void shouldGoToTheEndWhenAllRecordsAreOlder() {
    assertThat(new ResetRule.ToTime(1).target(NOTHING)).isEqualTo(100);
  }

  @ParameterizedTest
  @CsvSource({
    "20, 70",
    "-20, 30",
    "60, 100",
    "-60, 10",
    "9223372036854775807, 100",
    "-9223372036854775808, 10"
  })
  void shouldShiftWithinTheLog(long by, long expected) {
    assertThat(new ResetRule.Shift(by).target(AT_50)).isEqualTo(expected);
  }

  @Test
  void shouldNotShiftWhatIsNotCommitted() {
    assertThatThrownBy(() -> new ResetRule.Shift(1).target(NOTHING))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("nothing is committed");
  }

  @ParameterizedTest
  @CsvSource({"30, 30", "5, 10", "500, 100", "-3, 10"})
  void shouldGoToAnOffsetWithinTheLog(long offset, long expected) {
    assertThat(new ResetRule.ToOffset(offset).target(AT_50)).isEqualTo(expected);
  }

  @Test
  void shouldStayWhereItIs() {
    assertThat(new ResetRule.ToCurrent().target(AT_50)).isEqualTo(50);
  }

  @Test
  void shouldStayAtTheEndWhereNothingIsCommitted() {
    assertThat(new ResetRule.ToCurrent().target(NOTHING)).isEqualTo(100);
  }
}
