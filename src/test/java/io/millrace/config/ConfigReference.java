package io.millrace.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Writes the reference page of the settings from their declarations. */
final class ConfigReference {
  private static final String HEAD =
      """
      # Configuration

      <!-- Generated from the declarations in `io.millrace.config`. After a change of them:
           mvn -q test -Dtest=ConfigReferenceTest -Dregenerate=true -->

      Millrace starts without any configuration. What you set comes from, the later the stronger:

      1. a properties file: `millrace start --config FILE` (`conf/millrace.properties` is a sample);
      2. the environment: `MILLRACE_` and the key in capitals with `_` for `.`, such as
         `MILLRACE_LOG_RETENTION_HOURS=24`;
      3. the command line: `--set log.retention.hours=24`;
      4. for the keys marked *cluster-wide* or *per-broker* below, and for all keys of topics: changes
         while the cluster runs, by Kafka's `kafka-configs.sh`, an admin client, or `millrace configs`.

      Names, units and defaults are Apache Kafka's wherever Kafka has the key, so a broker's
      `server.properties` works as it is: what is unknown or has no meaning here (KRaft's voters, the
      sizes of thread pools, ZooKeeper) is named in a warning and ignored. A bad value stops the start;
      all of them are reported together, each with the key, the value and what is allowed.

      Lists are separated by commas. *While running* says whether a key can change without a restart.

      """;

  private static final Map<String, String> NOTES =
      Map.of(
          "Cluster",
          "A node is one of several with `cluster.seeds`, with `cluster.discovery` other than"
              + " `seeds`, and with `start --dev`. Else it is alone and opens neither `cluster.port`"
              + " nor `internal.port`.",
          "Defaults for topics",
          "For every topic that does not set the matching key of its own.");

  private ConfigReference() {}

  static String text() {
    StringBuilder page = new StringBuilder(HEAD);
    Map<String, List<ConfigKey<?>>> sections = new LinkedHashMap<>();
    for (ConfigKey<?> key : NodeKeys.inOrder()) {
      sections.computeIfAbsent(key.section(), any -> new ArrayList<>()).add(key);
    }
    sections.forEach(
        (section, keys) -> {
          page.append("## ").append(section).append("\n\n");
          if (NOTES.containsKey(section)) {
            page.append(NOTES.get(section)).append("\n\n");
          }
          page.append("| Key | Default | Allowed | While running | Meaning |\n");
          page.append("|---|---|---|---|---|\n");
          keys.forEach(
              key ->
                  row(
                      page,
                      "`" + key.name() + "`",
                      value(key),
                      allowed(key),
                      key.updateMode().text(),
                      key.doc()));
          page.append('\n');
        });
    topics(page);
    return page.toString();
  }

  private static void topics(StringBuilder page) {
    page.append("## Settings of topics\n\n");
    page.append(
        "All of them can be given when a topic is created and changed at any time. A topic without"
            + " its own value takes that of the node's key.\n\n");
    page.append("| Key | Default | Allowed | Key of the node | Meaning |\n");
    page.append("|---|---|---|---|---|\n");
    for (ConfigKey<?> key : TopicKeys.all()) {
      if (!key.internal()) {
        String nodeKeys =
            key.synonyms().stream()
                .map(synonym -> "`" + synonym.key().name() + "`")
                .collect(Collectors.joining(", "));
        row(page, "`" + key.name() + "`", value(key), allowed(key), nodeKeys, key.doc());
      }
    }
  }

  private static String value(ConfigKey<?> key) {
    String text = key.defaultText();
    boolean literal = key.defaultValue() != null && text.equals(literal(key));
    if (text.isEmpty()) {
      return "empty";
    }
    return literal ? "`" + text + "`" : text;
  }

  private static <T> String literal(ConfigKey<T> key) {
    return key.format(key.defaultValue());
  }

  private static String allowed(ConfigKey<?> key) {
    String type = key.type().text() + (key.unit().isEmpty() ? "" : ", " + key.unit());
    return key.allowedText().isEmpty() ? type : type + "; " + key.allowedText();
  }

  private static void row(StringBuilder page, String... cells) {
    page.append('|');
    for (String cell : cells) {
      page.append(' ').append(cell.replace("|", "\\|").replace("*,", "`*`,")).append(" |");
    }
    page.append('\n');
  }
}
