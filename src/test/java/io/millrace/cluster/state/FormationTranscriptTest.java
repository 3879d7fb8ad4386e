package io.millrace.cluster.state;

import io.millrace.model.VoterId;
import io.millrace.quorum.Formation;
import io.millrace.transcript.Transcript;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * One node on its way into a cluster. Node 3 on its first disk is {@code 3a}, on its second {@code
 * 3b}; its address is {@code h3:5701}.
 */
class FormationTranscriptTest extends Transcript {
  private FormationRules rules;
  private Formation writing;
  private long nowMs;

  @TestFactory
  Stream<DynamicTest> shouldDoWhatTheTranscriptSays() throws IOException {
    return tests(Path.of("src/test/resources/cluster/formation"), FormationTranscriptTest::new);
  }

  @Override
  protected void configure(Map<String, String> with) {
    rules =
        new FormationRules(
            new FormationSelf(
                id(with.get("node")),
                !"broker".equals(with.get("roles")),
                new FirstVoters.Seeds(seeds(with.get("seeds"))),
                with.get("cluster.id"),
                1_000,
                "/data/__cluster_metadata-0/formation"),
            formation(with.get("disk"), false),
            "new",
            nowMs);
  }

  private static List<String> seeds(String nodes) {
    return Arrays.stream(nodes.split(",", -1)).map(node -> "h" + node + ":5701").toList();
  }

  private static VoterId id(String text) {
    int nodeId = text.charAt(0) - '0';
    return new VoterId(nodeId, new UUID(nodeId, text.charAt(1)));
  }

  private static Set<VoterId> ids(String text) {
    Set<VoterId> ids = new HashSet<>();
    for (String id : text.split(",", -1)) {
      ids.add(id(id));
    }
    return ids;
  }

  /** Such as {@code X:1a,2a,3a}. */
  private static Formation formation(String text, boolean confirmed) {
    return text == null
        ? null
        : new Formation(
            text.substring(0, text.indexOf(':')),
            ids(text.substring(text.indexOf(':') + 1)),
            confirmed);
  }

  @Override
  protected void command(String line, Map<String, String> with) {
    switch (line.split(" ", -1)[0]) {
      case "see" -> see(with.get("members"), with.getOrDefault("brokers", ""));
      case "wait" -> {
        nowMs += number(with, "ms", 0);
        rules.tick(nowMs);
      }
      case "persisted" -> {
        Formation persisted = writing;
        writing = null;
        rules.onPersisted(persisted, nowMs);
      }
      case "hear" -> {
        Formation signed = formation(with.get("signed"), false);
        Formation formed = formation(with.get("formed"), true);
        rules.onReport(
            new FormationReport(
                id(with.get("from")),
                formed != null ? formed : signed,
                with.containsKey("expects") ? ids(with.get("expects")) : Set.of(),
                "cluster.seeds=" + with.getOrDefault("seeds", "h1,h2,h3"),
                with.get("cluster.id")),
            nowMs);
      }
      default -> throw new IllegalArgumentException(line);
    }
    tell();
  }

  private void see(String members, String brokers) {
    List<Visible> view = new ArrayList<>();
    for (String member : members.split(",", -1)) {
      VoterId id = id(member);
      view.add(new Visible(id, !brokers.contains(member), Set.of("h" + id.nodeId() + ":5701")));
    }
    rules.onView(view, Map.of(), nowMs);
  }

  private void tell() {
    FormationReady ready = rules.ready();
    StringBuilder text = new StringBuilder();
    if (ready.persist() != null) {
      writing = ready.persist();
      text.append("write ").append(name(writing)).append('\n');
    }
    if (!ready.tell().isEmpty()) {
      FormationReport report = ready.report();
      text.append("tell ")
          .append(ready.tell().stream().sorted().toList())
          .append(": has ")
          .append(name(report.signed()))
          .append(", expects [")
          .append(FreshNode.names(report.expected()))
          .append("]\n");
    }
    rules.reasons().forEach(reason -> text.append("waits: ").append(reason).append('\n'));
    if (rules.formed() != null) {
      text.append("is of cluster ").append(rules.formed().clusterId()).append('\n');
    }
    String named = text.toString();
    for (int nodeId = 1; nodeId <= 9; nodeId++) {
      for (String disk : List.of("a", "b")) {
        named = named.replace(id(nodeId + disk).toString(), nodeId + disk);
      }
    }
    out().append(named);
  }

  private static String name(Formation formation) {
    return formation == null
        ? "nothing"
        : (formation.confirmed() ? "confirmed " : "signed ")
            + formation.clusterId()
            + " ["
            + FreshNode.names(formation.voters())
            + "]";
  }
}
