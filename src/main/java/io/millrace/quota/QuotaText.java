package io.millrace.quota;

import io.millrace.metadata.QuotaEntity;
import java.util.List;
import java.util.function.Function;

/**
 * Writes what clients use of their quotas in Prometheus' text format, for those that were held back
 * the longest. Without quotas it writes nothing.
 *
 * <p>Owner: immutable.
 */
public final class QuotaText {
  /** Each has up to five series. */
  public static final int MAX_ENTITIES = 100;

  private QuotaText() {}

  /**
   * Writes the figures of these quotas.
   *
   * @param figures at most {@link #MAX_ENTITIES}
   */
  public static void write(List<ClientQuotas.Figures> figures, StringBuilder out) {
    if (figures.isEmpty()) {
      return;
    }
    series(
        out,
        "millrace_quota_limit",
        "Quota per second, in the unit of its key",
        "gauge",
        figures,
        one -> Double.toString(one.limit()));
    series(
        out,
        "millrace_quota_rate",
        "What is used of a quota per second, in the unit of its key",
        "gauge",
        figures,
        one -> Double.toString(one.rate()));
    series(
        out,
        "millrace_quota_tokens",
        "Changes of partitions that are left; less than 0: owed",
        "gauge",
        figures,
        one -> Double.isNaN(one.tokens()) ? null : Double.toString(one.tokens()));
    series(
        out,
        "millrace_quota_throttles_total",
        "How often a client was told to wait",
        "counter",
        figures,
        one -> Long.toString(one.throttles()));
    series(
        out,
        "millrace_quota_throttle_seconds_total",
        "For how long clients were told to wait",
        "counter",
        figures,
        one -> Double.toString(one.throttledMs() / 1e3));
  }

  private static void series(
      StringBuilder out,
      String name,
      String help,
      String type,
      List<ClientQuotas.Figures> figures,
      Function<ClientQuotas.Figures, String> value) {
    out.append("# HELP ").append(name).append(' ').append(help).append('\n');
    out.append("# TYPE ").append(name).append(' ').append(type).append('\n');
    for (ClientQuotas.Figures one : figures) {
      String text = value.apply(one);
      if (text != null) {
        out.append(name).append("{quota=\"").append(one.key().text());
        out.append("\",user=\"").append(text(one.sharing().user()));
        out.append("\",client_id=\"").append(text(one.sharing().clientId())).append("\"} ");
        out.append(text).append('\n');
      }
    }
  }

  /** Empty = not part of the entity. */
  private static String text(QuotaEntity.Name name) {
    return name == null ? "" : name.isDefault() ? "(others)" : escaped(name.value());
  }

  private static String escaped(String value) {
    return value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
  }
}
