package io.millrace.server;

import io.millrace.config.NodeKeys;
import io.millrace.config.Settings;
import io.millrace.coordinator.Coordinator;
import io.millrace.coordinator.group.GroupShard;
import io.millrace.coordinator.group.GroupSnapshot;
import io.millrace.coordinator.group.PartitionLag;
import io.millrace.coordinator.shard.Decision;
import io.millrace.coordinator.shard.Reply;
import io.millrace.metrics.GroupFigures;
import io.millrace.metrics.PrometheusMetrics;
import io.millrace.model.Loop;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Computes the groups' figures for {@code /metrics} now and then, so that a scrape only reads them:
 * one shard after the other, a few groups in each turn of its loop. The largest lags are shown.
 *
 * <p>Owner: its loop; {@link #figures} may be asked by any thread.
 */
final class GroupLagSampler {
  private static final Logger LOG = LoggerFactory.getLogger(GroupLagSampler.class);

  /** Partitions that one pass looks at; what comes later is left out. */
  static final int MAX_OFFSETS = 200_000;

  /** Groups of one shard that a pass looks at. */
  static final int MAX_GROUPS_OF_SHARD = 20_000;

  /** New look-ups of records in one pass. */
  static final int MAX_LOOK_UPS = 2_000;

  private static final int OFFSETS_A_TURN = 500;

  private final GroupLags lags;
  private final Coordinator<GroupShard> groups;
  private final Loop loop;
  private final long everyMs;
  private final int maxSeries;
  private boolean closed;
  private boolean failing;
  private volatile GroupFigures figures = GroupFigures.NONE;

  /**
   * Nothing happens before {@link #start}.
   *
   * @param everyMs rest between two passes
   * @param maxSeries groups and topics to show; 0 = no lags
   */
  GroupLagSampler(
      GroupLags lags, Coordinator<GroupShard> groups, Loop loop, long everyMs, int maxSeries) {
    this.lags = lags;
    this.groups = groups;
    this.loop = loop;
    this.everyMs = everyMs;
    this.maxSeries = maxSeries;
  }

  /** Of the lags that these parts can tell, as set, and shown in the metrics. */
  static GroupLagSampler of(
      GroupLags.Parts parts,
      Coordinator<GroupShard> groups,
      Settings settings,
      PrometheusMetrics metrics) {
    GroupLagSampler sampler =
        new GroupLagSampler(
            new GroupLags(parts),
            groups,
            parts.loop(),
            settings.get(NodeKeys.METRICS_GROUP_INTERVAL_MS),
            settings.get(NodeKeys.METRICS_GROUP_SERIES_MAX));
    metrics.groups(sampler::figures);
    return sampler;
  }

  GroupLags lags() {
    return lags;
  }

  /** Of the last pass. */
  GroupFigures figures() {
    return figures;
  }

  void start() {
    loop.execute(this::pass);
  }

  /** No pass begins any more. */
  void close() {
    loop.execute(() -> closed = true);
  }

  private void pass() {
    if (!closed) {
      step(() -> new Pass(groups.localPartitions()).nextShard());
    }
  }

  /** A part of a pass: when it fails, the pass is over and its figures are those of the last. */
  private void step(Runnable part) {
    try {
      part.run();
    } catch (RuntimeException e) {
      onFailed(e);
    }
  }

  /** Once until a pass succeeds again: what fails now will most likely fail every time. */
  private void onFailed(Throwable cause) {
    if (!failing) {
      failing = true;
      LOG.warn("The lag of groups cannot be computed; /metrics shows the last figures", cause);
    }
    rest();
  }

  private void onPassed(GroupFigures passed) {
    figures = passed;
    failing = false;
    rest();
  }

  private void rest() {
    if (!closed) {
      loop.schedule(everyMs, this::pass);
    }
  }

  private record Row(String group, String topic, List<PartitionLag> lags, long records) {}

  /** One look at all shards. */
  private final class Pass {
    private final List<Integer> shards;
    private final Map<GroupSnapshot.Standing, Integer> standings = new HashMap<>();
    private final List<Row> rows = new ArrayList<>();
    private int nextShard;
    private int offsets;
    private long leftOut;

    Pass(List<Integer> shards) {
      this.shards = shards;
    }

    private void next(Runnable part) {
      loop.execute(() -> step(part));
    }

    void nextShard() {
      if (nextShard == shards.size() || closed) {
        end();
        return;
      }
      int shard = shards.get(nextShard++);
      Future<Map<GroupSnapshot.Standing, Integer>> counts =
          groups.ask(
              shard,
              (GroupShard asked, Reply<Map<GroupSnapshot.Standing, Integer>> reply) ->
                  new Decision().answer(reply, GroupSnapshot.countByStanding(asked.groups())));
      counts.onComplete(
          done ->
              next(
                  () -> {
                    if (done.failed() || done.result().isEmpty()) {
                      // It is led elsewhere, being loaded, or nobody uses it.
                      nextShard();
                      return;
                    }
                    done.result()
                        .forEach((one, count) -> standings.merge(one, count, Integer::sum));
                    if (maxSeries == 0) {
                      nextShard();
                    } else {
                      ids(shard);
                    }
                  }));
    }

    private void ids(int shard) {
      lags.idsOf(shard, null, MAX_GROUPS_OF_SHARD)
          .onComplete(
              done ->
                  next(
                      () -> {
                        if (done.failed()) {
                          nextShard();
                        } else {
                          batch(shard, done.result(), 0);
                        }
                      }));
    }

    private void batch(int shard, List<String> ids, int from) {
      if (from == ids.size() || offsets >= MAX_OFFSETS) {
        leftOut += ids.size() - from;
        nextShard();
        return;
      }
      Future<GroupSnapshot.Batch> batch =
          groups.ask(
              shard,
              (GroupShard asked, Reply<GroupSnapshot.Batch> reply) ->
                  new Decision().answer(reply, GroupSnapshot.of(asked, ids, from, OFFSETS_A_TURN)));
      batch.onComplete(
          done ->
              next(
                  () -> {
                    if (done.failed()) {
                      nextShard();
                      return;
                    }
                    done.result().groups().forEach(this::add);
                    batch(shard, ids, done.result().next());
                  }));
    }

    private void add(GroupSnapshot group) {
      Map<String, List<PartitionLag>> byTopic = new TreeMap<>();
      for (PartitionLag lag : lags.lags(group)) {
        byTopic.computeIfAbsent(lag.topic(), topic -> new ArrayList<>()).add(lag);
        offsets++;
      }
      byTopic.forEach(
          (topic, ofTopic) ->
              rows.add(
                  new Row(group.groupId(), topic, ofTopic, PartitionLag.totalRecords(ofTopic))));
    }

    private void end() {
      rows.sort(
          Comparator.comparingLong(Row::records)
              .reversed()
              .thenComparing(Row::group)
              .thenComparing(Row::topic));
      List<Row> shown = rows.subList(0, Math.min(maxSeries, rows.size()));
      leftOut += rows.size() - shown.size();
      List<PartitionLag> all = new ArrayList<>();
      shown.forEach(row -> all.addAll(row.lags()));
      lags.ages(all, MAX_LOOK_UPS)
          .onSuccess(aged -> step(() -> onPassed(figures(shown, aged))))
          .onFailure(GroupLagSampler.this::onFailed);
    }

    private GroupFigures figures(List<Row> shown, List<PartitionLag> aged) {
      List<GroupFigures.Lag> series = new ArrayList<>();
      int from = 0;
      for (Row row : shown) {
        int to = from + row.lags().size();
        long ms = PartitionLag.longestMs(aged.subList(from, to));
        series.add(new GroupFigures.Lag(row.group(), row.topic(), row.records(), ms));
        from = to;
      }
      List<GroupFigures.Count> counts = new ArrayList<>();
      standings.forEach(
          (one, count) -> counts.add(new GroupFigures.Count(one.type(), one.state(), count)));
      counts.sort(
          Comparator.comparing(GroupFigures.Count::type).thenComparing(GroupFigures.Count::state));
      return new GroupFigures(List.copyOf(series), leftOut, List.copyOf(counts));
    }
  }
}
