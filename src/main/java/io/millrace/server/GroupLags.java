package io.millrace.server;

import io.millrace.coordinator.Coordinator;
import io.millrace.coordinator.group.CommittedOffset;
import io.millrace.coordinator.group.GroupShard;
import io.millrace.coordinator.group.GroupSnapshot;
import io.millrace.coordinator.group.PartitionLag;
import io.millrace.coordinator.shard.Decision;
import io.millrace.coordinator.shard.Reply;
import io.millrace.http.GroupsView;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.TopicImage;
import io.millrace.model.Clock;
import io.millrace.model.Loop;
import io.millrace.model.TopicId;
import io.millrace.partition.Partition;
import io.millrace.partition.PartitionTable;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.kafka.common.protocol.Errors;

/**
 * Says how far the groups of this node are behind: their shards know what they have committed, the
 * partitions know where they end, and for the age of the oldest record one record is looked up. A
 * look-up is remembered until the group commits; each answer makes a limited number of new ones,
 * for the largest lags, a few at a time.
 *
 * <p>Owner: its loop; the {@link GroupsView} may be asked by any thread.
 */
final class GroupLags implements GroupsView {
  /** Members in the answer about one group. */
  static final int MAX_MEMBERS = 1_000;

  /** Partitions that one page of groups tells of, more or less. */
  static final int MAX_OFFSETS_OF_PAGE = 20_000;

  /** New look-ups for one answer over HTTP. */
  static final int MAX_LOOK_UPS = 500;

  private static final int LOOK_UPS_AT_A_TIME = 4;
  private static final int MAX_REMEMBERED = 20_000;

  /**
   * What it is made of.
   *
   * @param image the newest image
   * @param times looks up records
   */
  record Parts(
      Loop loop,
      Coordinator<GroupShard> groups,
      Supplier<ClusterImage> image,
      PartitionTable partitions,
      RecordTimes times,
      Clock clock) {}

  private record Place(TopicId topic, int partition, long offset) {}

  /** A record to look up: the lag at {@code index} waits for it. */
  private record LookUp(int index, Partition partition, Place place, long records) {}

  private record ShardId(int shard, String groupId) {}

  private record Ids(List<ShardId> ids, boolean incomplete) {}

  private final Parts parts;
  private final Loop loop;

  /** Timestamps by record, the longest unused first. */
  private final Map<Place, Long> remembered =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Place, Long> eldest) {
          return size() > MAX_REMEMBERED;
        }
      };

  GroupLags(Parts parts) {
    this.parts = parts;
    this.loop = parts.loop();
  }

  // ---- GroupsView

  @Override
  public Future<Page> list(String after, int limit) {
    Promise<Page> listed = Promise.promise();
    ids(after, limit + 1)
        .onComplete(
            done ->
                loop.run(
                    () -> {
                      Ids found = done.result();
                      List<ShardId> ids = found.ids();
                      boolean more = ids.size() > limit;
                      new PageRun(more ? ids.subList(0, limit) : ids, more, found, listed).next();
                    }));
    return listed.future();
  }

  /** Asks for one group after the other, until the page is full. */
  private final class PageRun {
    private final List<ShardId> ids;
    private final Promise<Page> listed;
    private final List<GroupSnapshot> groups = new ArrayList<>();
    private boolean more;
    private boolean incomplete;
    private int next;
    private int offsets;

    PageRun(List<ShardId> ids, boolean more, Ids found, Promise<Page> listed) {
      this.ids = ids;
      this.more = more;
      this.incomplete = found.incomplete();
      this.listed = listed;
    }

    void next() {
      if (next == ids.size() || offsets >= MAX_OFFSETS_OF_PAGE) {
        more |= next < ids.size();
        end();
        return;
      }
      ShardId id = ids.get(next++);
      snapshot(id.shard, id.groupId)
          .onComplete(
              done ->
                  loop.execute(
                      () -> {
                        GroupSnapshot group = done.result();
                        if (done.failed()) {
                          incomplete = true;
                        } else if (group != null) {
                          groups.add(group);
                          offsets += group.offsetCount();
                        }
                        next();
                      }));
    }

    private void end() {
      List<PartitionLag> all = new ArrayList<>();
      List<Integer> ends = new ArrayList<>();
      for (GroupSnapshot group : groups) {
        all.addAll(lags(group));
        ends.add(all.size());
      }
      ages(all, MAX_LOOK_UPS)
          .onFailure(listed::fail)
          .onSuccess(
              aged -> {
                List<GroupLag> page = new ArrayList<>();
                int from = 0;
                for (int i = 0; i < groups.size(); i++) {
                  page.add(
                      new GroupLag(groups.get(i), List.copyOf(aged.subList(from, ends.get(i)))));
                  from = ends.get(i);
                }
                listed.complete(new Page(page, more, incomplete));
              });
    }
  }

  @Override
  public Future<GroupLag> describe(String groupId) {
    Promise<GroupLag> described = Promise.promise();
    parts
        .groups()
        .<GroupSnapshot>ask(
            groupId,
            (GroupShard shard, Reply<GroupSnapshot> reply) ->
                new Decision()
                    .answer(
                        reply,
                        GroupSnapshot.withMembers(
                            shard, groupId, MAX_MEMBERS, parts.image().get())))
        .onFailure(
            cause -> {
              // Without the topic of the groups there is no group.
              if (Errors.forException(cause) == Errors.NOT_COORDINATOR
                  && parts.groups().localPartitions().isEmpty()) {
                described.complete(null);
              } else {
                described.fail(cause);
              }
            })
        .onSuccess(
            group ->
                loop.run(
                    () -> {
                      if (group == null) {
                        described.complete(null);
                      } else {
                        ages(lags(group), MAX_LOOK_UPS)
                            .onFailure(described::fail)
                            .onSuccess(aged -> described.complete(new GroupLag(group, aged)));
                      }
                    }));
    return described.future();
  }

  // ---- the shards

  private Future<Ids> ids(String after, int limit) {
    List<Integer> shards = parts.groups().localPartitions();
    List<Future<List<String>>> ofShards = new ArrayList<>();
    for (int shard : shards) {
      ofShards.add(idsOf(shard, after, limit));
    }
    Promise<Ids> all = Promise.promise();
    Future<?> joined = ofShards.isEmpty() ? Future.succeededFuture() : Future.join(ofShards);
    joined.onComplete(
        any -> {
          List<ShardId> ids = new ArrayList<>();
          boolean incomplete = false;
          for (int i = 0; i < shards.size(); i++) {
            Future<List<String>> one = ofShards.get(i);
            if (one.succeeded()) {
              int shard = shards.get(i);
              one.result().forEach(id -> ids.add(new ShardId(shard, id)));
            } else {
              incomplete |= Errors.forException(one.cause()) != Errors.NOT_COORDINATOR;
            }
          }
          ids.sort(Comparator.comparing(ShardId::groupId));
          all.complete(
              new Ids(ids.size() > limit ? List.copyOf(ids.subList(0, limit)) : ids, incomplete));
        });
    return all.future();
  }

  /** The smallest group ids of a shard. */
  Future<List<String>> idsOf(int shard, String after, int limit) {
    return parts
        .groups()
        .ask(
            shard,
            (GroupShard asked, Reply<List<String>> reply) ->
                new Decision().answer(reply, GroupSnapshot.ids(asked.groups(), after, limit)));
  }

  private Future<GroupSnapshot> snapshot(int shard, String groupId) {
    return parts
        .groups()
        .ask(
            shard,
            (GroupShard asked, Reply<GroupSnapshot> reply) ->
                new Decision().answer(reply, GroupSnapshot.of(asked, groupId)));
  }

  // ---- the figures

  /** A group's lag in records, by topic and partition, in order. */
  List<PartitionLag> lags(GroupSnapshot group) {
    ClusterImage image = parts.image().get();
    List<PartitionLag> lags = new ArrayList<>();
    for (Map.Entry<String, Map<Integer, CommittedOffset>> topic : group.offsets().entrySet()) {
      TopicImage known = image.topic(topic.getKey());
      for (Map.Entry<Integer, CommittedOffset> one : topic.getValue().entrySet()) {
        Partition partition =
            known == null ? null : parts.partitions().get(known.id(), one.getKey());
        // Of a replica that does not lead it is -1: unknown.
        long end = partition == null ? -1 : partition.status().highWatermark();
        lags.add(PartitionLag.of(topic.getKey(), one.getKey(), one.getValue(), end));
      }
    }
    return lags;
  }

  /**
   * The same lags with the ages of the oldest records; on the loop. What is not known after so many
   * new look-ups stays unknown; the largest lags are looked up first.
   */
  Future<List<PartitionLag>> ages(List<PartitionLag> lags, int maxLookUps) {
    ClusterImage image = parts.image().get();
    List<PartitionLag> aged = new ArrayList<>(lags);
    long nowMs = parts.clock().wallMs();
    List<LookUp> wanted = new ArrayList<>();
    Map<Place, List<Integer>> waiting = new HashMap<>();
    for (int i = 0; i < lags.size(); i++) {
      PartitionLag lag = lags.get(i);
      TopicImage topic = lag.records() > 0 ? image.topic(lag.topic()) : null;
      Partition partition =
          topic == null ? null : parts.partitions().get(topic.id(), lag.partition());
      if (partition == null) {
        continue;
      }
      // What retention has removed nobody will read.
      long offset = Math.max(lag.committed().offset(), partition.status().logStartOffset());
      Place place = new Place(topic.id(), lag.partition(), offset);
      Long known = remembered.get(place);
      if (known != null) {
        aged.set(i, lag.since(known, nowMs));
      } else {
        // Groups that stand at the same record share the look-up.
        List<Integer> sharing = waiting.computeIfAbsent(place, any -> new ArrayList<>());
        if (sharing.isEmpty()) {
          wanted.add(new LookUp(i, partition, place, lag.records()));
        }
        sharing.add(i);
      }
    }
    wanted.sort(Comparator.comparingLong(LookUp::records).reversed());
    Deque<LookUp> queue = new ArrayDeque<>(wanted.subList(0, Math.min(maxLookUps, wanted.size())));
    Promise<List<PartitionLag>> done = Promise.promise();
    AgeRun run = new AgeRun(queue, aged, waiting, done);
    for (int i = 0; i < LOOK_UPS_AT_A_TIME; i++) {
      run.open++;
      run.next();
    }
    return done.future();
  }

  /** Looks up one record after the other. */
  private final class AgeRun {
    private final Deque<LookUp> queue;
    private final List<PartitionLag> aged;
    private final Map<Place, List<Integer>> waiting;
    private final Promise<List<PartitionLag>> done;
    private int open;

    AgeRun(
        Deque<LookUp> queue,
        List<PartitionLag> aged,
        Map<Place, List<Integer>> waiting,
        Promise<List<PartitionLag>> done) {
      this.queue = queue;
      this.aged = aged;
      this.waiting = waiting;
      this.done = done;
    }

    void next() {
      LookUp one = queue.poll();
      if (one == null) {
        if (--open == 0) {
          done.tryComplete(aged);
        }
        return;
      }
      parts
          .times()
          .at(one.partition, one.place.offset)
          .onComplete(found -> loop.execute(() -> onLookedUp(one, found.result())));
    }

    /** Whoever waits for the ages must hear of it when something goes wrong. */
    private void onLookedUp(LookUp one, long timestampMs) {
      try {
        onFound(one, timestampMs);
      } catch (RuntimeException e) {
        done.tryFail(e);
      }
    }

    private void onFound(LookUp one, long timestampMs) {
      if (timestampMs >= 0) {
        remembered.put(one.place, timestampMs);
      }
      long nowMs = parts.clock().wallMs();
      for (int index : waiting.get(one.place)) {
        aged.set(index, aged.get(index).since(timestampMs, nowMs));
      }
      next();
    }
  }
}
