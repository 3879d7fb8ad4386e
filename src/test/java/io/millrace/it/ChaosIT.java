package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.simulation.Seeds;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code scripts/chaos.sh}: three nodes, one fault after the other, and after each of them
 * everything that must hold. {@code -Dchaos.faults=…} names faults, or {@code short}, or {@code
 * all}, or prints them ({@code list}); {@code -Dchaos.seed=…}, {@code -Dchaos.minutes=…} and {@code
 * -Dchaos.out=…} as in the script.
 *
 * <p>Invariants, after each fault: every acknowledged record is there once, in order, at its
 * acknowledged offset; the replicas' logs are equal batch by batch; committed offsets of groups
 * never went back; no leader epoch has two leaders; all replicas are in sync again without help;
 * and those of {@link TransactionCheck}.
 */
@Tag("chaos")
class ChaosIT {
  private final long seed = Long.getLong("chaos.seed", System.nanoTime() & 0xffffff);
  private final Duration atMost = Duration.ofMinutes(Long.getLong("chaos.minutes", 60));
  private final Path out =
      Path.of(System.getProperty("chaos.out", "target/chaos")).toAbsolutePath();

  private static List<ChaosFault> chosen() {
    List<ChaosFault> all = ChaosFaults.all(Integer.getInteger("chaos.mix.seconds", 120));
    String wanted = System.getProperty("chaos.faults", "short");
    if (wanted.equals("list")) {
      all.forEach(
          fault ->
              System.out.printf(
                  "%-26s %s%s%n", fault.name(), fault.what(), fault.isShort() ? " (short)" : ""));
      return List.of();
    }
    if (wanted.equals("all")) {
      return all;
    }
    if (wanted.equals("short")) {
      return all.stream().filter(ChaosFault::isShort).toList();
    }
    return Arrays.stream(wanted.split(","))
        .map(
            name ->
                all.stream()
                    .filter(fault -> fault.name().equals(name))
                    .findFirst()
                    .orElseThrow(
                        () ->
                            new IllegalArgumentException(
                                "There is no fault "
                                    + name
                                    + "; there are "
                                    + all.stream().map(ChaosFault::name).toList())))
        .toList();
  }

  @Test
  void shouldKeepItsPromisesUnderEachFault(@TempDir Path dir) throws IOException {
    List<ChaosFault> faults = chosen();
    if (faults.isEmpty()) {
      return;
    }
    System.out.println("chaos.seed=" + seed + ", report in " + out);
    ChaosReport report = new ChaosReport(out, seed);
    long end = System.nanoTime() + atMost.toNanos();
    ChaosScene scene = null;
    try {
      for (int i = 0; i < faults.size() && System.nanoTime() - end < 0; i++) {
        if (scene == null) {
          scene = new ChaosScene(dir.resolve("cluster-" + i), Seeds.random(seed + i));
        }
        ChaosRun run = new ChaosRun(scene, faults.get(i), i + 1);
        ChaosResult result = run.play();
        report.add(result, scene, run.topic());
        if (result.failed()) {
          // What is wrong now must not be blamed on the next fault.
          close(scene, report);
          scene = null;
        }
      }
    } finally {
      if (scene != null) {
        close(scene, report);
      }
    }
    assertThat(report.failures()).as("-Dchaos.seed=%d, see %s", seed, out).isEmpty();
  }

  private static void close(ChaosScene scene, ChaosReport report) {
    try {
      scene.close();
    } catch (AssertionError e) {
      report.remark(String.valueOf(e.getMessage()));
    }
  }
}
