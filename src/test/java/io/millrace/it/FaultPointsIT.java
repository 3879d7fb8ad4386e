package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.fault.FaultPoint;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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
  private static final Duration HALTED_WITHIN = Duration.ofMinutes(2);
  private static final Duration READY_WITHIN = Duration.ofMinutes(3);

  /** A node that lives for a second gains nothing by the best code. */
  private static final List<String> QUICK_START = List.of("-XX:TieredStopAtLevel=1");

  /** What a start finishes of a cleaning: a kill in the middle of one comes first. */
  private static final String IN_RECOVERY = "SWAP_RECOVERY_";

  /** Where a start finds what it must finish or take back, one of each kind. */
  private static final Set<FaultPoint> ESSENTIAL =
      EnumSet.of(
          FaultPoint.CLEANED_BATCHES_WRITTEN,
          FaultPoint.SWAP_DURABLE,
          FaultPoint.SWAP_RECOVERY_RENAMED,
          FaultPoint.SWAP_NEW_RENAMED,
          FaultPoint.LOG_RENAMED,
          FaultPoint.LOG_CREATED,
          FaultPoint.MOVE_WHOLE,
          FaultPoint.MOVE_SOURCE_GONE,
          FaultPoint.METADATA_WRITTEN,
          FaultPoint.METADATA_DURABLE);

  @TempDir Path dir;

  @Test
  void shouldLoseNothingAndLeaveNothingWhereMostIsAtStake() throws Exception {
    dieAtAll(points().stream().filter(ESSENTIAL::contains).toList(), dir, 1);
  }

  /** So that a new one is among those that the long test passes. */
  @Test
  void shouldNameEveryPoint() {
    assertThat(points()).containsExactlyInAnyOrder(FaultPoint.values());
  }

  @Test
  @Tag("long")
  void shouldLoseNothingAndLeaveNothingWhereverItDies() throws Exception {
    dieAtAll(points(), dir, 1);
  }

  /** The later arrivals: in the middle of what a point is passed several times for. */
  @Test
  @Tag("long")
  void shouldLoseNothingAndLeaveNothingAtLaterArrivals() throws Exception {
    for (int arrival = 2; arrival <= 5; arrival++) {
      dieAtAll(points(), dir.resolve(Integer.toString(arrival)), arrival);
    }
  }

  /** Two nodes share the work. */
  private static void dieAtAll(List<FaultPoint> all, Path dir, int arrival) throws Exception {
    int half = all.size() / 2;
    CompletableFuture<Void> second =
        CompletableFuture.runAsync(
            () -> dieAt(all.subList(half, all.size()), dir.resolve("b"), arrival));
    dieAt(all.subList(0, half), dir.resolve("a"), arrival);
    second.get();
  }

  /** Every point; those in the recovery of a swap behind the one that leaves a swap. */
  private static List<FaultPoint> points() {
    List<FaultPoint> points = new ArrayList<>();
    for (FaultPoint point : FaultPoint.values()) {
      if (!isInStart(point)) {
        points.add(point);
        if (point == FaultPoint.SWAP_DURABLE) {
          Stream.of(FaultPoint.values()).filter(FaultPointsIT::isInStart).forEach(points::add);
        }
      }
    }
    return points;
  }

  private static boolean isInStart(FaultPoint point) {
    return point.name().startsWith(IN_RECOVERY);
  }

  private static void dieAt(List<FaultPoint> points, Path dir, int arrival) {
    Path armed = dir.resolve("armed");
    MillraceProcess node = new MillraceProcess(dir, LifeOfTopics.SETTINGS).withJava(QUICK_START);
    node.expectInOutput("recover|removed|takes its place");
    node.set(
        "log.dirs", LifeOfTopics.disks(node).map(Path::toString).collect(Collectors.joining(",")));
    try (node) {
      Files.createDirectories(dir);
      start(node);
      try (LifeOfTopics life = new LifeOfTopics(node)) {
        life.begin();
        node.kill();
        List<String> died = new ArrayList<>();
        for (FaultPoint point : points) {
          if (isInStart(point)) {
            // The node is down and has a swap of three files to finish.
            dieInStart(node, point, armed);
          } else {
            Files.deleteIfExists(armed);
            node.withJava(options(point, arrival, armed));
            start(node);
            life.check(died.toString());
            died.clear();
            Files.writeString(armed, "");
            life.liveUntil(node::isAlive);
            assertThat(node.awaitEnd(HALTED_WITHIN))
                .as("%s", point)
                .isEqualTo(FaultPoint.EXIT_CODE);
          }
          System.out.println(System.nanoTime() / 1_000_000 + " died at " + point);
          died.add(point + ":" + arrival);
        }
        node.withJava(QUICK_START);
        start(node);
        life.check(died.toString());
      }
      node.stop();
    } catch (Exception | AssertionError e) {
      throw new AssertionError("at " + dir + "\n" + node.output().tail(40), e);
    }
  }

  /** On a machine that is busy with other tests too. */
  private static void start(MillraceProcess node) {
    node.start();
    node.awaitReady(READY_WITHIN);
  }

  private static void dieInStart(MillraceProcess node, FaultPoint point, Path armed) {
    node.withJava(options(point, point == FaultPoint.SWAP_RECOVERY_RENAMED ? 2 : 1, armed));
    node.start();
    assertThat(node.awaitEnd(HALTED_WITHIN)).as("%s", point).isEqualTo(FaultPoint.EXIT_CODE);
  }

  private static List<String> options(FaultPoint point, int arrival, Path armed) {
    List<String> options = new ArrayList<>(QUICK_START);
    Map<String, String> properties = point.properties(arrival, armed.toString());
    properties.forEach((name, value) -> options.add("-D" + name + "=" + value));
    return options;
  }
}
