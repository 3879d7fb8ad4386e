package io.millrace.coordinator;

import io.millrace.coordinator.shard.RecordTypes;
import io.millrace.coordinator.shard.Reply;
import io.millrace.coordinator.shard.Shard;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.ImageDelta;
import io.millrace.metadata.ImagePublisher;
import io.millrace.metadata.TopicImage;
import io.millrace.metrics.Metrics;
import io.millrace.model.Clock;
import io.millrace.model.Loop;
import io.millrace.model.TopicIdPartition;
import io.millrace.partition.LeaderLog;
import io.millrace.partition.Partition;
import io.millrace.partition.PartitionTable;
import io.millrace.partition.Resident;
import io.millrace.partition.Residents;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.apache.kafka.common.protocol.Errors;

/**
 * One kind of coordinator on this node: a shard for each partition of its topic that this node
 * leads. What concerns a group, say, goes to the shard of the partition that the group's id falls
 * on.
 *
 * <p>Owner: any thread.
 */
public final class CoordinatorRuntime<S extends Shard> implements Coordinator<S>, Residents {
  /**
   * What a coordinator is made of.
   *
   * @param worker decodes records while a shard is loaded
   * @param metricPrefix such as {@code millrace_group_coordinator}
   */
  public record Parts<S extends Shard>(
      CoordinatorConfig config,
      ShardFactory<S> factory,
      RecordTypes types,
      Clock clock,
      Executor worker,
      Metrics metrics,
      String metricPrefix) {}

  private final CoordinatorConfig config;
  private final ShardHost.Parts<S> hostParts;
  // Set once, before partitions are opened.
  private volatile ImagePublisher images;
  private volatile Supplier<PartitionTable> partitions;
  private volatile boolean closing;

  public CoordinatorRuntime(Parts<S> parts) {
    this.config = parts.config();
    AtomicInteger loaded = new AtomicInteger();
    parts.metrics().gauge(parts.metricPrefix() + "_shards", "Shards that are loaded", loaded::get);
    ShardHost.Figures figures =
        new ShardHost.Figures(
            loaded,
            parts.metrics().timer(parts.metricPrefix() + "_load", "Time to load a shard"),
            parts.metrics().counter(parts.metricPrefix() + "_records", "Records decided"));
    this.hostParts =
        new ShardHost.Parts<>(
            config,
            parts.factory(),
            new RecordCodec(parts.types()),
            parts.clock(),
            parts.worker(),
            this::image,
            figures);
  }

  /** Connects it with the node; called once, before the first partition is opened. */
  public void connect(ImagePublisher publisher, Supplier<PartitionTable> table) {
    images = publisher;
    partitions = table;
    publisher.subscribe(this::onDelta);
  }

  private ClusterImage image() {
    return images.image();
  }

  // ---- routing

  /** Name of the topic that the shards' records are in. */
  public String topic() {
    return config.topic();
  }

  /** The partition of the coordinator's topic that this key falls on; -1 = there is no topic. */
  public int partitionFor(ClusterImage image, String key) {
    TopicImage topic = image.topic(config.topic());
    return topic == null ? -1 : partitionFor(key, topic.partitions().size());
  }

  /** Kafka's rule, which must never change: a group would lose its records. */
  public static int partitionFor(String key, int partitions) {
    int hash = key.hashCode();
    return (hash == Integer.MIN_VALUE ? 0 : Math.abs(hash)) % partitions;
  }

  @Override
  public <R> void submit(String key, Command<S, R> command, Reply<R> reply) {
    submit(partitionFor(image(), key), command, reply);
  }

  @Override
  public <R> void submit(int partition, Command<S, R> command, Reply<R> reply) {
    Partition local = closing ? null : local(partition);
    if (local == null) {
      reply.fail(Errors.NOT_COORDINATOR, null);
      return;
    }
    local
        .loop()
        .run(
            () -> {
              Resident resident = local.replica().resident();
              if (resident == Resident.ARRIVING) {
                reply.fail(Errors.COORDINATOR_LOAD_IN_PROGRESS, null);
              } else if (resident instanceof ShardHost<?> host) {
                // Every resident of this topic's partitions came from moveIn().
                @SuppressWarnings("unchecked")
                ShardHost<S> ours = (ShardHost<S>) host;
                ours.run(command, reply);
              } else {
                reply.fail(Errors.NOT_COORDINATOR, null);
              }
            });
  }

  @Override
  public List<Integer> localPartitions() {
    TopicImage topic = image().topic(config.topic());
    List<Integer> found = new ArrayList<>();
    if (topic != null) {
      for (int i = 0; i < topic.partitions().size(); i++) {
        if (partitions.get().get(topic.id(), i) != null) {
          found.add(i);
        }
      }
    }
    return found;
  }

  private Partition local(int partition) {
    TopicImage topic = image().topic(config.topic());
    return topic == null ? null : partitions.get().get(topic.id(), partition);
  }

  // ---- life

  @Override
  public Resident moveIn(TopicIdPartition id, LeaderLog log) {
    if (closing || !id.topic().equals(config.topic())) {
      return null;
    }
    ShardHost<S> host = new ShardHost<>(hostParts, id, log);
    host.load();
    return host;
  }

  private void onDelta(ImageDelta delta) {
    if (delta.changedTopics().isEmpty()
        && delta.deletedTopics().isEmpty()
        && delta.changedConfigs().isEmpty()) {
      return;
    }
    // One task for each loop, not for each shard.
    Map<Loop, List<Partition>> byLoop = new HashMap<>();
    for (int partition : localPartitions()) {
      Partition local = local(partition);
      if (local != null) {
        byLoop.computeIfAbsent(local.loop(), loop -> new ArrayList<>()).add(local);
      }
    }
    byLoop.forEach(
        (loop, locals) ->
            loop.execute(
                () -> {
                  for (Partition local : locals) {
                    if (local.replica().resident() instanceof ShardHost<?> host) {
                      host.onImage(delta);
                    }
                  }
                }));
  }

  /**
   * Serves no more: the replies that shards keep are failed by NOT_COORDINATOR, those that wait for
   * a commit get it while the partitions are being closed.
   */
  public Future<Void> close() {
    closing = true;
    if (images == null) {
      return Future.succeededFuture();
    }
    List<Future<Void>> all = new ArrayList<>();
    for (int partition : localPartitions()) {
      Partition local = local(partition);
      if (local == null) {
        continue;
      }
      Promise<Void> closed = Promise.promise();
      all.add(closed.future());
      local
          .loop()
          .run(
              () -> {
                if (local.replica().resident() instanceof ShardHost<?> host) {
                  host.close();
                }
                closed.complete();
              });
    }
    return all.isEmpty() ? Future.succeededFuture() : Future.join(all).mapEmpty();
  }
}
