package io.millrace.cli;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;

/**
 * Reads points in time as users give them.
 *
 * <p>Owner: immutable.
 */
public final class PointInTime {
  private PointInTime() {}

  /**
   * Milliseconds since 1970, {@code -10m} before now (s, m, h or d), or ISO-8601 with or without
   * zone.
   *
   * @return wall time in ms
   * @throws IllegalArgumentException saying what is allowed
   */
  public static long parseMs(String text, Instant now) {
    try {
      if (text.matches("\\d+")) {
        return Long.parseLong(text);
      }
      if (text.matches("-\\d+[smhd]")) {
        long count = Long.parseLong(text.substring(1, text.length() - 1));
        Duration ago =
            switch (text.charAt(text.length() - 1)) {
              case 's' -> Duration.ofSeconds(count);
              case 'm' -> Duration.ofMinutes(count);
              case 'h' -> Duration.ofHours(count);
              default -> Duration.ofDays(count);
            };
        return now.minus(ago).toEpochMilli();
      }
      boolean hasZone = text.matches(".*(Z|[+-]\\d\\d:\\d\\d)");
      return hasZone
          ? OffsetDateTime.parse(text).toInstant().toEpochMilli()
          : LocalDateTime.parse(text).atZone(ZoneId.systemDefault()).toInstant().toEpochMilli();
    } catch (DateTimeException | ArithmeticException | NumberFormatException e) {
      throw new IllegalArgumentException(
          "'"
              + text
              + "' is no time: give milliseconds since 1970, -10m (s, m, h, d) or"
              + " 2026-01-31T12:00:00Z",
          e);
    }
  }
}
