package io.millrace.config;

import java.util.List;

/**
 * Says of a key that is not a setting of the node why that is so, and what was probably meant.
 *
 * <p>Owner: immutable.
 */
final class UnknownKeys {
  private record Family(String prefix, String why) {}

  /** The first that fits wins. */
  private static final List<Family> FAMILIES =
      List.of(
          new Family(
              "authorizer.", "this version has no authorization: everybody may do everything"),
          new Family("ssl.", "this version has no TLS"),
          new Family("sasl.", "this version has no authentication"),
          new Family("security.", "this version has no authentication"),
          new Family("principal.", "this version has no authentication"),
          new Family("super.users", "this version has no authorization"),
          new Family("delegation.token.", "this version has no authentication"),
          new Family("listener.name.", "settings for one listener are not part of this version"),
          new Family("zookeeper.", "Millrace has no ZooKeeper"),
          new Family("controller.quorum.", "voters come from cluster.seeds"),
          new Family("metadata.", "Millrace keeps its metadata in its own way"),
          new Family("remote.", "tiered storage is not part of this version"),
          new Family("log.local.retention.", "tiered storage is not part of this version"),
          new Family("group.share.", "share groups are not part of this version"),
          new Family("group.streams.", "streams groups are not part of this version"),
          new Family("group.", "Millrace has no such setting of groups"),
          new Family("offsets.", "Millrace has no such setting of offsets"),
          new Family("transaction.", "Millrace has no such setting of transactions"),
          new Family("share.", "share groups are not part of this version"),
          new Family("num.io.threads", "Millrace sizes its workers by the log directories"),
          new Family("background.threads", "Millrace sizes its workers by the log directories"),
          new Family(
              "queued.max.requests", "queued.max.request.bytes bounds the requests in memory"),
          new Family("kafka.metrics.", "metrics are served over HTTP"),
          new Family("metric", "metrics are served over HTTP"),
          new Family("inter.broker.", "nodes talk to each other on internal.port"),
          new Family("config.providers", "values are given in the file or the environment"),
          new Family("follower.fetch.last.tiered.", "tiered storage is not part of this version"),
          new Family("confluent.", "it belongs to another product"),
          new Family("broker.id.generation.", "node.id is generated when it is not given"));

  private UnknownKeys() {}

  /** Completes "Ignoring KEY: …". */
  static String explain(String name) {
    ConfigKey<?> topicKey = TopicKeys.find(name);
    if (topicKey != null && !topicKey.synonyms().isEmpty()) {
      return "it is a setting of topics; the default for all is "
          + topicKey.synonyms().get(0).key().name();
    }
    for (Family family : FAMILIES) {
      if (name.startsWith(family.prefix)) {
        return family.why;
      }
    }
    String nearest = null;
    int best = Math.max(2, name.length() / 6) + 1;
    for (ConfigKey<?> key : NodeKeys.all()) {
      int distance = distance(name, key.name());
      if (distance < best) {
        best = distance;
        nearest = key.name();
      }
    }
    return nearest == null
        ? "Millrace has no such setting"
        : "Millrace has no such setting; did you mean " + nearest + "?";
  }

  /** Levenshtein's: how many single changes make one text the other. */
  private static int distance(String left, String right) {
    int[] row = new int[right.length() + 1];
    for (int j = 0; j <= right.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= left.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= right.length(); j++) {
        int change = diagonal + (left.charAt(i - 1) == right.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(change, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[right.length()];
  }
}
