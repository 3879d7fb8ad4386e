package io.millrace.telemetry;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Writes what clients have pushed in Prometheus' text format. A metric's name loses {@code
 * org.apache.kafka.}, gets the prefix {@code millrace_client_}, and what is no letter or digit
 * becomes an underscore; counters end in {@code _total}.
 *
 * <p>Owner: the scraping thread.
 */
public final class ClientText {
  private static final String PREFIX = "millrace_client_";
  private static final String KAFKA = "org.apache.kafka.";
  private static final String INFO = "millrace_telemetry_client_info";

  /** All series of one name. */
  private static final class Family {
    private final Series.Kind kind;
    private final String metric;
    private final List<String> samples = new ArrayList<>();
    private final Set<String> labels = new HashSet<>();

    Family(Series series) {
      this.kind = series.kind();
      this.metric = series.id().metric();
    }
  }

  private final Map<String, Family> families = new TreeMap<>();
  private final int maxSeries;
  private int series;
  private int leftOut;

  private ClientText(int maxSeries) {
    this.maxSeries = maxSeries;
  }

  /**
   * Writes the clients' series.
   *
   * @param maxSeries to be written; a figure says how many are left out
   */
  public static void write(List<ClientView> clients, int maxSeries, StringBuilder out) {
    if (clients.isEmpty()) {
      return;
    }
    ClientText text = new ClientText(maxSeries);
    head(out, INFO, "gauge", "Client instances that are known here, and what they say they are");
    int shown = 0;
    for (ClientView client : clients) {
      if (client.lastPushMs() >= 0 && shown++ < maxSeries) {
        text.info(client, out);
      }
      client.series().forEach(series -> text.add(client, series));
    }
    text.families.forEach((name, family) -> text.write(name, family, out));
    head(
        out,
        "millrace_telemetry_series_left_out",
        "gauge",
        "Series of clients that are not shown: too many, or names that cannot be told apart");
    out.append("millrace_telemetry_series_left_out ").append(text.leftOut).append('\n');
  }

  private void info(ClientView client, StringBuilder out) {
    StringBuilder labels = labels(client);
    label(labels, "software_name", client.traits().softwareName());
    label(labels, "software_version", client.traits().softwareVersion());
    label(labels, "address", client.traits().address());
    attributes(labels, client.resource());
    out.append(INFO).append('{').append(labels).append("} 1\n");
  }

  private void add(ClientView client, Series one) {
    String name = name(one);
    Family family = families.computeIfAbsent(name, any -> new Family(one));
    StringBuilder labels = labels(client);
    attributes(labels, one.id().attributes());
    String all = labels.toString();
    if (series == maxSeries || family.kind != one.kind() || !family.labels.add(all)) {
      leftOut++;
      return;
    }
    series++;
    Reading reading = one.reading();
    if (!reading.isHistogram()) {
      family.samples.add(name + '{' + all + "} " + number(reading.value()));
      return;
    }
    long below = 0;
    for (int i = 0; i < reading.buckets().length; i++) {
      below += reading.buckets()[i];
      String bound = i < reading.bounds().length ? number(reading.bounds()[i]) : "+Inf";
      family.samples.add(name + "_bucket{" + all + ",le=\"" + bound + "\"} " + below);
    }
    family.samples.add(name + "_sum{" + all + "} " + number(reading.value()));
    family.samples.add(name + "_count{" + all + "} " + below);
  }

  private void write(String name, Family family, StringBuilder out) {
    if (family.samples.isEmpty()) {
      return;
    }
    head(
        out,
        name,
        family.kind.name().toLowerCase(Locale.ROOT),
        "Pushed by clients as " + escapedHelp(family.metric));
    family.samples.forEach(sample -> out.append(sample).append('\n'));
  }

  private static void head(StringBuilder out, String name, String type, String help) {
    out.append("# HELP ").append(name).append(' ').append(help).append('\n');
    out.append("# TYPE ").append(name).append(' ').append(type).append('\n');
  }

  private static String name(Series one) {
    String metric = one.id().metric();
    String name =
        PREFIX + legal(metric.startsWith(KAFKA) ? metric.substring(KAFKA.length()) : metric);
    return one.kind() == Series.Kind.COUNTER && !name.endsWith("_total") ? name + "_total" : name;
  }

  private static StringBuilder labels(ClientView client) {
    StringBuilder labels = new StringBuilder(160);
    String clientId = client.traits().clientId();
    label(labels, "client_id", clientId == null ? "" : clientId);
    label(labels, "client_instance_id", client.traits().id());
    return labels;
  }

  /** Those that would hide one of ours get a prefix; of two that become the same one is shown. */
  private static void attributes(StringBuilder labels, Map<String, String> attributes) {
    Map<String, String> legal = new TreeMap<>();
    new TreeMap<>(attributes)
        .forEach(
            (key, value) -> {
              String name = legal(key);
              if (OURS.contains(name) || name.startsWith("__") || !isLetter(name.charAt(0))) {
                name = "attribute_" + name;
              }
              legal.putIfAbsent(name, value);
            });
    legal.forEach((name, value) -> label(labels, name, value));
  }

  private static final Set<String> OURS =
      Set.of(
          "client_id",
          "client_instance_id",
          "software_name",
          "software_version",
          "address",
          "le",
          "job",
          "instance");

  private static void label(StringBuilder labels, String name, String value) {
    labels.append(labels.length() == 0 ? "" : ",").append(name).append("=\"");
    for (int i = 0; i < value.length(); i++) {
      char next = value.charAt(i);
      switch (next) {
        case '\\' -> labels.append("\\\\");
        case '"' -> labels.append("\\\"");
        case '\n' -> labels.append("\\n");
        default -> labels.append(next);
      }
    }
    labels.append('"');
  }

  private static String legal(String text) {
    StringBuilder legal = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char next = text.charAt(i);
      boolean digit = next >= '0' && next <= '9';
      legal.append(digit || isLetter(next) ? next : '_');
    }
    return legal.length() == 0 ? "_" : legal.toString();
  }

  private static boolean isLetter(char next) {
    return (next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z') || next == '_';
  }

  private static String escapedHelp(String text) {
    return text.replace("\\", "\\\\").replace("\n", "\\n");
  }

  private static String number(double value) {
    if (Double.isInfinite(value)) {
      return value > 0 ? "+Inf" : "-Inf";
    }
    return Double.toString(value);
  }
}
