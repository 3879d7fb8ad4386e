package io.millrace.it;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The report of a run, written anew after each fault: {@code report.md}, {@code report.json}, and
 * for each fault its history; for one that failed also what the nodes printed, and their logs.
 *
 * <p>Owner: the test's thread.
 */
final class ChaosReport {
  private final Path out;
  private final long seed;
  private final List<ChaosResult> results = new ArrayList<>();
  private final List<String> remarks = new ArrayList<>();

  ChaosReport(Path out, long seed) {
    this.out = out;
    this.seed = seed;
  }

  /** Adds what came of a fault, with the evidence of a failure. */
  void add(ChaosResult result, ChaosScene scene, String topic) {
    results.add(result);
    String name = "%02d-%s".formatted(results.size(), result.fault().name());
    try {
      Path of = Files.createDirectories(out.resolve(name));
      List<String> lines = new ArrayList<>(result.history());
      result.problems().forEach(problem -> lines.add("FAILED: " + problem));
      Files.write(of.resolve("history.txt"), lines);
      if (result.failed()) {
        keep(of, scene, topic);
      }
      write();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    System.out.println(line(result));
    result.problems().forEach(problem -> System.out.println("    " + problem));
  }

  private static void keep(Path of, ChaosScene scene, String topic) throws IOException {
    for (int number : scene.cluster().allBut()) {
      MillraceProcess node = scene.node(number);
      if (node.output() != null) {
        Files.write(of.resolve("node-" + number + ".log"), node.output().lines());
      }
      for (Path log : ReplicaLogs.all(scene.data(number))) {
        String name = log.getFileName().toString();
        if (name.startsWith(topic + "-") || name.startsWith("__")) {
          String kept = "node-" + number + "-" + name;
          Files.write(of.resolve(kept + ".batches"), ReplicaLogs.batches(log));
          Disks.copy(log, of.resolve(kept));
        }
      }
    }
  }

  /** Adds something about the whole run that is wrong. */
  void remark(String what) {
    remarks.add(what);
    write();
    System.out.println(what);
  }

  List<String> failures() {
    List<String> failures = new ArrayList<>();
    for (ChaosResult result : results) {
      result.problems().forEach(problem -> failures.add(result.fault().name() + ": " + problem));
    }
    failures.addAll(remarks);
    return failures;
  }

  private static String line(ChaosResult result) {
    return String.format(
        Locale.ROOT,
        "%-24s %-8s unavailable %7.3f s%s, full ISR after %s, %s",
        result.fault().name(),
        result.verdict(),
        result.unavailable().toMillis() / 1e3,
        result.inTime() ? "" : " (over " + result.fault().targetMs() + " ms)",
        seconds(result),
        result.skipped() == null ? result.evidence() : result.skipped());
  }

  private static String seconds(ChaosResult result) {
    return result.fullIsr() == null
        ? "never"
        : String.format(Locale.ROOT, "%.1f s", result.fullIsr().toMillis() / 1e3);
  }

  private void write() {
    StringBuilder text = new StringBuilder("# Chaos report\n\n");
    text.append("Seed ").append(seed).append(". Three nodes, ").append(ChaosRun.PARTITIONS);
    text.append(" partitions with 3 replicas, acks=all, min.insync.replicas=2.\n\n");
    text.append("| Fault | What | Verdict | Unavailable | Target | Full ISR after | Evidence |\n");
    text.append("|---|---|---|---:|---:|---:|---|\n");
    JsonArray json = new JsonArray();
    for (ChaosResult result : results) {
      json.add(result.json());
      text.append(
          String.format(
              Locale.ROOT,
              "| %s | %s | %s | %d ms%s | %s | %s | %s |%n",
              result.fault().name(),
              result.fault().what(),
              result.verdict(),
              result.unavailable().toMillis(),
              result.inTime() ? "" : " (over)",
              result.fault().targetMs() < 0 ? "" : result.fault().targetMs() + " ms",
              seconds(result),
              result.skipped() == null ? result.evidence() : result.skipped()));
    }
    List<String> failures = failures();
    text.append("\nVerdict: ").append(failures.isEmpty() ? "pass" : "FAIL").append('\n');
    failures.forEach(failure -> text.append("\n* ").append(failure.replace("\n", "\n  ")));
    try {
      Files.createDirectories(out);
      Files.writeString(out.resolve("report.md"), text.toString());
      Files.writeString(
          out.resolve("report.json"),
          new JsonObject()
              .put("seed", seed)
              .put("verdict", failures.isEmpty() ? "pass" : "fail")
              .put("remarks", new JsonArray(remarks))
              .put("faults", json)
              .encodePrettily());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
