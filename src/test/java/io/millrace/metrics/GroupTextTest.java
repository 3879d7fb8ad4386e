package io.millrace.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class GroupTextTest {
  private static String text(GroupFigures figures) {
    StringBuilder out = new StringBuilder();
    GroupText.write(figures, out);
    return out.toString();
  }

  @Test
  void shouldWriteLagInRecordsAndSeconds() {
    String text =
        text(
            new GroupFigures(
                List.of(new GroupFigures.Lag("billing", "orders", 1_200, 2_500)),
                3,
                List.of(new GroupFigures.Count("classic", "Stable", 4))));

    assertThat(text.lines())
        .contains(
            "millrace_group_lag_records{group=\"billing\",topic=\"orders\"} 1200",
            "millrace_group_lag_seconds{group=\"billing\",topic=\"orders\"} 2.5",
            "millrace_group_lag_left_out 3",
            "millrace_groups{type=\"classic\",state=\"Stable\"} 4");
  }

  @Test
  void shouldLeaveOutWhatIsUnknown() {
    String text =
        text(new GroupFigures(List.of(new GroupFigures.Lag("g", "t", 5, -1)), 0, List.of()));

    assertThat(text)
        .contains("millrace_group_lag_records{group=\"g\",topic=\"t\"} 5")
        .doesNotContain("millrace_group_lag_seconds{");
  }

  @Test
  void shouldEscapeTheIdOfAGroup() {
    String text =
        text(
            new GroupFigures(
                List.of(new GroupFigures.Lag("a\"b\\c\nd", "t", 5, -1)), 0, List.of()));

    assertThat(text).contains("{group=\"a\\\"b\\\\c\\nd\",topic=\"t\"} 5");
  }
}
