package io.millrace.server;

import io.millrace.cluster.PartitionLive;
import io.millrace.model.Loop;
import io.millrace.model.TopicIdPartition;
import io.millrace.partition.Partition;
import io.millrace.partition.PartitionTable;
import io.millrace.partition.Replica;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Asks the replicas of this node, every few seconds, how far they and their followers are: all
 * those of a loop in one hop, a bounded number in each turn of it.
 *
 * <p>Owner: a context of its own; what was seen is for any thread.
 */
final class ReplicaSurvey {
  private static final long EVERY_MS = 2_000;

  /** Partitions asked in one turn of their loop, which does other things in between. */
  private static final int SLICE = 256;

  /**
   * What the last round has found.
   *
   * @param led what this node leads, in an order that stays the same as long as that does
   * @param byId the same
   * @param maxFollowerLag what the replica here lacks that is furthest behind its leader, in
   *     offsets
   */
  record Seen(
      List<PartitionLive> led, Map<TopicIdPartition, PartitionLive> byId, long maxFollowerLag) {
    static final Seen NOTHING = new Seen(List.of(), Map.of(), 0);

    Seen {
      led = List.copyOf(led);
      byId = Map.copyOf(byId);
    }
  }

  private final Vertx vertx;
  private final Context home;
  private final PartitionTable partitions;
  private volatile Seen seen = Seen.NOTHING;
  private volatile long timer = -1;

  // Owned by home. Invariant: loops of the round that are not back yet.
  private int away;

  ReplicaSurvey(Vertx vertx, PartitionTable partitions) {
    this.vertx = vertx;
    this.home = vertx.getOrCreateContext();
    this.partitions = partitions;
  }

  void start() {
    home.runOnContext(
        any -> {
          round();
          timer = vertx.setPeriodic(EVERY_MS, again -> round());
        });
  }

  void close() {
    vertx.cancelTimer(timer);
  }

  /** The newest round; may be some seconds old. */
  Seen seen() {
    return seen;
  }

  private void round() {
    if (away > 0) {
      // A loop is busy: it is not asked more often than it answers.
      return;
    }
    List<Partition> all = List.copyOf(partitions.all());
    PartitionLive[] found = new PartitionLive[all.size()];
    IdentityHashMap<Loop, Walk> walks = new IdentityHashMap<>();
    for (int i = 0; i < found.length; i++) {
      walks.computeIfAbsent(all.get(i).loop(), loop -> new Walk(loop, all, found)).indexes.add(i);
    }
    away = walks.size();
    if (away == 0) {
      seen = Seen.NOTHING;
    }
    Collection<Walk> round = List.copyOf(walks.values());
    round.forEach(walk -> walk.loop.execute(() -> walk.goOn(() -> onBack(round, found))));
  }

  private void onBack(Collection<Walk> round, PartitionLive[] found) {
    if (--away > 0) {
      return;
    }
    List<PartitionLive> led = new ArrayList<>();
    Map<TopicIdPartition, PartitionLive> byId = new HashMap<>();
    for (PartitionLive live : found) {
      if (live != null) {
        led.add(live);
        byId.put(live.partition(), live);
      }
    }
    seen =
        new Seen(led, byId, round.stream().mapToLong(walk -> walk.maxFollowerLag).max().orElse(0));
  }

  /** Goes through the partitions of one loop, on that loop. */
  private final class Walk {
    private final Loop loop;
    private final List<Partition> all;
    // Shared with the walks on other loops, each of which has places of its own.
    private final PartitionLive[] found;
    private final List<Integer> indexes = new ArrayList<>();
    private long maxFollowerLag;
    private int next;

    Walk(Loop loop, List<Partition> all, PartitionLive[] found) {
      this.loop = loop;
      this.all = all;
      this.found = found;
    }

    void goOn(Runnable back) {
      int end = Math.min(indexes.size(), next + SLICE);
      for (; next < end; next++) {
        int index = indexes.get(next);
        Replica replica = all.get(index).replica();
        found[index] = replica.live();
        maxFollowerLag = Math.max(maxFollowerLag, replica.followerLag());
      }
      if (next < indexes.size()) {
        loop.execute(() -> goOn(back));
      } else {
        home.runOnContext(any -> back.run());
      }
    }
  }
}
