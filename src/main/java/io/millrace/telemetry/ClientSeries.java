package io.millrace.telemetry;

import io.millrace.telemetry.Push.Point;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The series of one client instance. Deltas add up, everything else replaces what was before. A
 * push has all that a client measures, so a series that three pushes lack is gone.
 *
 * <p>Owner: that of {@link ClientInstances}.
 */
final class ClientSeries {
  private static final int MAX_MISSED = 3;

  private static final class Kept {
    private Series series;
    private int missed;

    Kept(Series series) {
      this.series = series;
    }
  }

  // Invariant: no more than the room that was given to the last push.
  private final Map<Series.Id, Kept> all = new HashMap<>();

  /**
   * Takes a push.
   *
   * @param room series that there may be afterwards
   * @return points for which there was none, or which say nothing
   */
  int take(Push push, int room) {
    int dropped = 0;
    forget(push);
    for (Point point : push.points()) {
      if (point.kind() == Series.Kind.COUNTER && !Double.isFinite(point.reading().value())) {
        // It would stay what it is whatever is added.
        dropped++;
        continue;
      }
      Kept kept = all.get(point.id());
      if (kept == null) {
        if (all.size() >= room) {
          dropped++;
          continue;
        }
        kept = new Kept(new Series(point.id(), point.kind(), point.reading()));
        all.put(point.id(), kept);
      } else {
        boolean adds = point.delta() && kept.series.kind() == point.kind();
        Reading reading = adds ? kept.series.reading().plus(point.reading()) : point.reading();
        kept.series = new Series(point.id(), point.kind(), reading);
      }
      kept.missed = 0;
    }
    return dropped;
  }

  /** Before the new ones come, so that what a client no longer has leaves them room. */
  private void forget(Push push) {
    Set<Series.Id> coming = new HashSet<>();
    push.points().forEach(point -> coming.add(point.id()));
    all.entrySet()
        .removeIf(
            entry -> !coming.contains(entry.getKey()) && ++entry.getValue().missed >= MAX_MISSED);
  }

  int size() {
    return all.size();
  }

  /** As they are now. */
  List<Series> list() {
    List<Series> list = new ArrayList<>(all.size());
    all.values().forEach(kept -> list.add(kept.series));
    return list;
  }
}
