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

    void set(Series now) {
      series = now;
      missed = 0;
    }
  }

  // Invariant: no more, of no more bytes, than the room that was given to the last push.
  private final Map<Series.Id, Kept> all = new HashMap<>();
  // Invariant: the sum of what all take.
  private long bytes;

  /**
   * Takes a push.
   *
   * @param room series that there may be afterwards
   * @param roomBytes memory that they may take
   * @return points for which there was none, or which say nothing
   */
  int take(Push push, int room, long roomBytes) {
    int dropped = 0;
    forget(push);
    for (Point point : push.points()) {
      if (point.kind() == Series.Kind.COUNTER && !Double.isFinite(point.reading().value())) {
        // It would stay what it is whatever is added.
        dropped++;
        continue;
      }
      Kept kept = all.get(point.id());
      Series now = after(kept, point);
      long bytesNow = bytes + now.bytes() - (kept == null ? 0 : kept.series.bytes());
      if ((kept == null && all.size() >= room) || (bytesNow > bytes && bytesNow > roomBytes)) {
        dropped++;
        continue;
      }
      bytes = bytesNow;
      all.computeIfAbsent(point.id(), id -> new Kept()).set(now);
    }
    return dropped;
  }

  private static Series after(Kept kept, Point point) {
    boolean adds = kept != null && point.delta() && kept.series.kind() == point.kind();
    Reading reading = adds ? kept.series.reading().plus(point.reading()) : point.reading();
    return new Series(point.id(), point.kind(), reading);
  }

  /** Before the new ones come, so that what a client no longer has leaves them room. */
  private void forget(Push push) {
    Set<Series.Id> coming = new HashSet<>();
    push.points().forEach(point -> coming.add(point.id()));
    all.values()
        .removeIf(
            kept -> {
              boolean gone = !coming.contains(kept.series.id()) && ++kept.missed >= MAX_MISSED;
              bytes -= gone ? kept.series.bytes() : 0;
              return gone;
            });
  }

  /** Memory that all take. */
  long bytes() {
    return bytes;
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
