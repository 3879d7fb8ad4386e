package io.millrace.metrics;

import java.util.List;
import java.util.function.Function;

/**
 * Writes the figures of groups in Prometheus' text format. An unknown figure has no series.
 *
 * <p>Owner: immutable.
 */
final class GroupText {
  private GroupText() {}

  static void write(GroupFigures figures, StringBuilder out) {
    head(out, "millrace_groups", "Groups that this node coordinates");
    for (GroupFigures.Count count : figures.counts()) {
      out.append("millrace_groups{type=\"").append(escaped(count.type()));
      out.append("\",state=\"").append(escaped(count.state())).append("\"} ");
      out.append(count.groups()).append('\n');
    }
    series(
        out,
        "millrace_group_lag_records",
        "Records between what a group has committed and the high watermark",
        figures.lags(),
        lag -> lag.records() < 0 ? null : Long.toString(lag.records()));
    series(
        out,
        "millrace_group_lag_seconds",
        "Age of the oldest record that a group has not read yet",
        figures.lags(),
        lag -> lag.ms() < 0 ? null : Double.toString(lag.ms() / 1e3));
    head(out, "millrace_group_lag_left_out", "Groups and topics with a lag that is not shown");
    out.append("millrace_group_lag_left_out ").append(figures.leftOut()).append('\n');
  }

  private static void series(
      StringBuilder out,
      String name,
      String help,
      List<GroupFigures.Lag> lags,
      Function<GroupFigures.Lag, String> value) {
    head(out, name, help);
    for (GroupFigures.Lag lag : lags) {
      String text = value.apply(lag);
      if (text != null) {
        out.append(name).append("{group=\"").append(escaped(lag.group()));
        out.append("\",topic=\"").append(escaped(lag.topic())).append("\"} ");
        out.append(text).append('\n');
      }
    }
  }

  private static void head(StringBuilder out, String name, String help) {
    out.append("# HELP ").append(name).append(' ').append(help).append('\n');
    out.append("# TYPE ").append(name).append(" gauge\n");
  }

  /** A group's id may be any text. */
  static String escaped(String value) {
    return value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
  }
}
