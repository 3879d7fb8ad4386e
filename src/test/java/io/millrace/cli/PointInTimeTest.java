package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PointInTimeTest {
  private static final Instant NOW = Instant.parse("2026-01-02T00:00:00Z");

  @ParameterizedTest
  @CsvSource({
    "1234, 1234",
    "-30s, 1767311970000",
    "-10m, 1767311400000",
    "-2h, 1767304800000",
    "-1d, 1767225600000",
    "2026-01-01T00:00:00Z, 1767225600000",
    "2026-01-01T01:00:00+01:00, 1767225600000"
  })
  void shouldUnderstandTimes(String text, long expectedMs) {
    assertThat(PointInTime.parseMs(text, NOW)).isEqualTo(expectedMs);
  }

  @Test
  void shouldTakeATimeWithoutZoneAsLocal() {
    long local = PointInTime.parseMs("2026-01-01T00:00:00", NOW);

    assertThat(local)
        .isEqualTo(
            java.time.LocalDateTime.parse("2026-01-01T00:00:00")
                .atZone(java.time.ZoneId.systemDefault())
                .toInstant()
                .toEpochMilli());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "yesterday",
        "-10x",
        "-m",
        "10m",
        "99999999999999999999",
        "2026-13-01T00:00:00Z"
      })
  void shouldRefuseWhatIsNoTime(String text) {
    assertThatThrownBy(() -> PointInTime.parseMs(text, NOW))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'" + text + "' is no time");
  }
}
