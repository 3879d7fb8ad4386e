package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.fault.FaultPoint;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A node dies at every {@link FaultPoint}, one after the other on the same data: whatever it
 * acknowledged is there afterwards, at its offset, and what was deleted is gone.
 */
@Timeout(900)
class FaultPointsIT {
  private static final Duration HALTED_WITHIN = Duration.ofSeconds(30);

  /** What a start finishes of a cleaning: a kill in the middle of one comes first. */
  private static final String IN_RECOVERY = "SWAP_RECOVERY_";

  @TempDir Path dir;

  @Test
  void shouldLoseNothingAndLeaveNothingWhereverItDies() throws Exception {
    dieEverywhere(dir, 1);
  }

  /** The later arrivals: in the middle of what a point is passed several times for. */
  @Test
  @Tag("long")
  void shouldLoseNothingAndLeaveNothingAtLaterArrivals() throws Exception {
    for (int arrival = 2; arrival <= 5; arrival++) {
      dieEverywhere(dir.resolve(Integer.toString(arrival)), arrival);
    }
  }

  private static void dieEverywhere(Path dir, int arrival) throws Exception {
    Files.createDirectories(dir);
    Path armed = dir.resolve("armed");
    MillraceProcess node = new MillraceProcess(dir, LifeOfTopics.SETTINGS);
    try (node) {
      node.expectInOutput("recover|removed|takes its place");
      node.startAndAwaitReady();
      try (LifeOfTopics life = new LifeOfTopics(node)) {
        life.begin();
        List<String> died = new ArrayList<>();
        for (FaultPoint point : FaultPoint.values()) {
          boolean inRecovery = point.name().startsWith(IN_RECOVERY);
          FaultPoint first = inRecovery ? FaultPoint.SWAP_DURABLE : point;
          // The first start had no point to die at; each later one follows on a death.
          node.kill();
          node.withJava(options(first, inRecovery ? 1 : arrival, armed));
          node.startAndAwaitReady();
          life.check(died.toString());
          Files.writeString(armed, "");
          life.liveUntil(node::isAlive);
          assertThat(node.awaitEnd(HALTED_WITHIN)).as("%s", first).isEqualTo(FaultPoint.EXIT_CODE);
          if (inRecovery) {
            // A start that dies on its way: it has one swap only, with three files.
            node.withJava(options(point, point == FaultPoint.SWAP_RECOVERY_RENAMED ? 2 : 1, armed));
            node.start();
            assertThat(node.awaitEnd(HALTED_WITHIN))
                .as("%s", point)
                .isEqualTo(FaultPoint.EXIT_CODE);
          }
          Files.delete(armed);
          died = List.of(point + ":" + arrival);
          System.out.println(System.nanoTime() / 1_000_000 + " died at " + died);
        }
        node.withJava(List.of());
        node.startAndAwaitReady();
        life.check(died.toString());
      }
      node.stop();
    }
  }

  private static List<String> options(FaultPoint point, int arrival, Path armed) {
    List<String> options = new ArrayList<>();
    Map<String, String> properties = point.properties(arrival, armed.toString());
    properties.forEach((name, value) -> options.add("-D" + name + "=" + value));
    return options;
  }
}
