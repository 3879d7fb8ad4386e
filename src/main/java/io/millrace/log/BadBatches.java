package io.millrace.log;

import io.millrace.model.TopicIdPartition;
import io.millrace.model.TopicPartition;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the scrub of a node has found bad and not found good since, and what became of it. Each
 * place is reported in the log once. At most {@link #MOST} are kept; the oldest repaired ones go
 * first.
 *
 * <p>Owner: any thread, under the monitor.
 */
public final class BadBatches {
  private static final Logger LOG = LoggerFactory.getLogger(BadBatches.class);

  static final int MOST = 1_000;

  /** What became of it. */
  public enum State {
    /** It is as it was found. */
    BAD,
    /** It is what it was once: taken from another replica. */
    REPAIRED;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * A place on a disk.
   *
   * @param file the segment's
   * @param position of the first bad byte in it
   * @param fromOffset first offset that is concerned
   * @param toOffset behind the last one
   * @param detail of a bad one: why it is not repaired; of a repaired one: from which node; null =
   *     nothing has been tried yet
   * @param repairedMs -1 = it is not
   *     <p>Owner: immutable.
   */
  public record Found(
      TopicIdPartition id,
      String logDir,
      String file,
      long position,
      int length,
      long fromOffset,
      long toOffset,
      String problem,
      long foundMs,
      State state,
      String detail,
      long repairedMs) {
    /** The bytes and offsets of it. */
    BadRange range() {
      return new BadRange(position, length, fromOffset, toOffset, problem);
    }

    Found with(State now, String why, long nowMs) {
      return new Found(
          id,
          logDir,
          file,
          position,
          length,
          fromOffset,
          toOffset,
          problem,
          foundMs,
          now,
          why,
          now == State.REPAIRED ? nowMs : -1);
    }
  }

  private record Place(TopicIdPartition id, String logDir, String file, long position) {
    static Place of(Found found) {
      return new Place(found.id, found.logDir, found.file, found.position);
    }
  }

  private final Map<Place, Found> all = new LinkedHashMap<>();

  /** Those of {@link #all} that are not repaired. */
  private int bad;

  /** Something is bad; true = it was not known to be. */
  synchronized boolean onFound(Found found) {
    Place place = Place.of(found);
    Found known = all.get(place);
    if (known != null && known.state == State.BAD) {
      return false;
    }
    if (known != null && known.repairedMs >= found.foundMs) {
      return false; // it was read before it was repaired
    }
    if (known == null && all.size() >= MOST && !makeRoom()) {
      return false;
    }
    all.remove(place);
    all.put(place, found);
    bad++;
    LOG.error(
        "{} is damaged on the disk: {} has {} bad bytes at position {}, with the offsets {} to {}: {}",
        found.id,
        found.logDir + "/" + found.id + "/" + found.file,
        found.length,
        found.position,
        found.fromOffset,
        found.toOffset - 1,
        found.problem);
    return true;
  }

  private boolean makeRoom() {
    return all.entrySet().stream()
        .filter(entry -> entry.getValue().state == State.REPAIRED)
        .map(Map.Entry::getKey)
        .findFirst()
        .map(place -> all.remove(place) != null)
        .orElse(false);
  }

  /** A repair was not possible. */
  synchronized void onNotRepaired(Found found, String why) {
    Found known = all.get(Place.of(found));
    if (known == null || known.state != State.BAD || why.equals(known.detail)) {
      return;
    }
    all.put(Place.of(found), known.with(State.BAD, why, -1));
    LOG.warn(
        "{}: {} at position {} is not repaired: {}",
        found.id.topicPartition(),
        found.file,
        found.position,
        why);
  }

  /** What was bad is as it was written. */
  synchronized void onRepaired(Found found, int fromNode, long nowMs) {
    Found known = all.get(Place.of(found));
    // Null = the next round has found it good before this was told.
    if (known == null ? all.size() < MOST || makeRoom() : known.state == State.BAD) {
      bad -= known == null ? 0 : 1;
      all.put(Place.of(found), found.with(State.REPAIRED, "node " + fromNode, nowMs));
      LOG.warn(
          "{}: {} bytes at position {} of {} are repaired from node {}",
          found.id,
          found.length,
          found.position,
          found.file,
          fromNode);
    }
  }

  /**
   * A segment was looked at, or a whole log.
   *
   * @param file the segment's; null = of the whole log
   * @param still what of it is bad now; everything else that was is so no more
   */
  synchronized void onLookedAt(TopicIdPartition id, String logDir, String file, List<Found> still) {
    if (bad == 0) {
      return;
    }
    all.values()
        .removeIf(
            found -> {
              boolean gone =
                  found.state == State.BAD
                      && found.id.equals(id)
                      && found.logDir.equals(logDir)
                      && (file == null || found.file.equals(file))
                      && still.stream().noneMatch(one -> Place.of(one).equals(Place.of(found)));
              bad -= gone ? 1 : 0;
              return gone;
            });
  }

  /** Only these logs are still in this directory. */
  synchronized void onHere(String logDir, Set<TopicPartition> here) {
    if (bad > 0) {
      all.values()
          .removeIf(
              found -> {
                boolean gone =
                    found.state == State.BAD
                        && found.logDir.equals(logDir)
                        && !here.contains(found.id.topicPartition());
                bad -= gone ? 1 : 0;
                return gone;
              });
    }
  }

  /** In the order in which they were found. */
  public synchronized List<Found> all() {
    return new ArrayList<>(all.values());
  }

  /** How many are not repaired. */
  public synchronized int count() {
    return bad;
  }

  /** Whether something of this log is bad. */
  synchronized boolean concerns(TopicIdPartition id, String logDir) {
    return bad > 0
        && all.values().stream()
            .anyMatch(
                found ->
                    found.state == State.BAD && found.id.equals(id) && found.logDir.equals(logDir));
  }
}
