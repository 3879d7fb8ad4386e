package io.millrace.replication;

import io.millrace.client.Peers;
import io.millrace.model.Loop;
import io.millrace.partition.FollowedLog;
import io.millrace.partition.Following;
import io.millrace.quota.ReplicationThrottle;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Fetches for all replicas of this node that follow. Each leader is asked over a few connections
 * for what is live, and over one more for partitions that have to catch up, so that those do not
 * keep the others waiting.
 *
 * <p>Owner: a loop of its own; {@link #follow}, {@link #unfollow} and {@link #close} are for any
 * thread.
 */
public final class ReplicaFetching implements Following {
  /** So many answers in a row of full size mean that a partition lags. */
  private static final int FULL_ANSWERS = 8;

  private static final String LIVE = "replica-";
  private static final String CATCH_UP = "replica-catch-up";

  /** One connection to one leader. */
  private record Way(int leader, String lane) {}

  private record Followed(int leader, boolean catchesUp) {}

  private final LeaderFetcher.Parts parts;
  // What is fetched over which connection must not change.
  private final int liveWays;
  private final List<? extends Loop> loops;
  private final Loop home;
  // Owned by home.
  private final Map<Way, LeaderFetcher> fetchers = new HashMap<>();
  private final Map<FollowedLog, Followed> followed = new HashMap<>();
  private boolean closed;

  /**
   * Fetches nothing yet.
   *
   * @param brokerEpoch under which this node is registered; -1 = it is not
   * @param config as it is at the moment; its number of fetchers counts once
   * @param throttle how fast partitions that are out of sync are fetched
   * @param loops share the connections among them
   */
  public ReplicaFetching(
      int nodeId,
      LongSupplier brokerEpoch,
      Peers peers,
      Supplier<ReplicationConfig> config,
      ReplicationThrottle throttle,
      List<? extends Loop> loops) {
    this.parts = new LeaderFetcher.Parts(nodeId, brokerEpoch, peers, config, throttle);
    this.liveWays = config.get().fetchers();
    this.loops = List.copyOf(loops);
    this.home = loops.get(0);
  }

  @Override
  public void follow(FollowedLog log, int leader) {
    home.run(
        () -> {
          if (!closed) {
            begin(log, new Followed(leader, true));
          }
        });
  }

  @Override
  public void unfollow(FollowedLog log) {
    home.run(
        () -> {
          Followed known = followed.remove(log);
          if (known != null) {
            fetcher(log, known).unfollow(log);
          }
        });
  }

  /** Asks no leader any more. */
  public void close() {
    home.run(
        () -> {
          closed = true;
          fetchers.values().forEach(LeaderFetcher::close);
          followed.clear();
        });
  }

  private void begin(FollowedLog log, Followed how) {
    followed.put(log, how);
    fetcher(log, how).follow(log);
  }

  private void turn(FollowedLog log) {
    Followed known = followed.get(log);
    if (known != null && !closed) {
      begin(log, new Followed(known.leader, !known.catchesUp));
    }
  }

  private LeaderFetcher fetcher(FollowedLog log, Followed how) {
    String lane = how.catchesUp ? CATCH_UP : LIVE + Math.floorMod(log.id().hashCode(), liveWays);
    return fetchers.computeIfAbsent(
        new Way(how.leader, lane),
        way ->
            new LeaderFetcher(
                parts,
                way.leader,
                way.lane,
                loops.get(Math.floorMod(way.hashCode(), loops.size())),
                how.catchesUp ? new CatchUp() : new Live()));
  }

  /** Partitions that keep up, until one does not. */
  private final class Live implements LeaderFetcher.Lanes {
    @Override
    public boolean moves(FollowedPartition partition, int bytes) {
      partition.fullAnswers = isFull(bytes) ? partition.fullAnswers + 1 : 0;
      return partition.fullAnswers >= FULL_ANSWERS;
    }

    @Override
    public void move(FollowedLog log) {
      home.run(() -> turn(log));
    }
  }

  /** Partitions that lag, until one has got everything that there was. */
  private final class CatchUp implements LeaderFetcher.Lanes {
    @Override
    public boolean moves(FollowedPartition partition, int bytes) {
      return !isFull(bytes);
    }

    @Override
    public void move(FollowedLog log) {
      home.run(() -> turn(log));
    }
  }

  /** Answers end with a whole batch, so that they are seldom as large as they may be. */
  private boolean isFull(int bytes) {
    return bytes >= parts.config().get().maxPartitionBytes() / 2;
  }
}
