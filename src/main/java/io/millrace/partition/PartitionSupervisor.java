package io.millrace.partition;

import io.millrace.config.Settings;
import io.millrace.fault.FaultPoint;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.ConfigResource;
import io.millrace.metadata.ImageDelta;
import io.millrace.metadata.PartitionImage;
import io.millrace.metadata.TopicImage;
import io.millrace.model.Loop;
import io.millrace.model.TopicId;
import io.millrace.model.TopicIdPartition;
import io.millrace.model.TopicPartition;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts, tells and ends the partitions of this node as the committed metadata says.
 *
 * <p>Owner: a context of its own; {@link #get} and {@link #all} are for any thread.
 */
public final class PartitionSupervisor implements PartitionTable {
  private static final Logger LOGGER = LoggerFactory.getLogger(PartitionSupervisor.class);

  /**
   * What the supervisor is given.
   *
   * @param replica what the replicas share
   * @param currentLoop the loop of the caller, on a loop thread
   * @param settings the settings of a topic, by the image it is in and its name
   * @param maintenanceMs {@code log.retention.check.interval.ms}
   */
  public record Options(
      ReplicaParts replica,
      LogPlacement logs,
      Supplier<Loop> currentLoop,
      BiFunction<ClusterImage, String, Settings> settings,
      long maintenanceMs) {}

  /** Partitions started in one turn of the home context; the loop does other things in between. */
  private static final int SLICE = 256;

  /** A change of the metadata; {@code applied} completes when its partitions are being deployed. */
  private record Told(ImageDelta delta, Promise<Void> applied) {}

  /** A partition as a change has it. */
  private record Changed(TopicImage topic, PartitionImage partition) {}

  private record Deployed(PartitionVerticle verticle, Future<String> deployment) {}

  private final Vertx vertx;
  private final Context home;
  private final Options options;
  private final PartitionParts parts;
  // Owned by the home context. Partitions by topic, in the order of their indexes, with gaps where
  // others have replicas.
  private final Map<TopicId, Map<Integer, Deployed>> deployed = new HashMap<>();
  // Owned by the home context: deletions under way.
  private final Map<TopicPartition, Future<?>> ending = new HashMap<>();
  private Future<Void> changes = Future.succeededFuture();
  // Owned by the home context: changes in order, the first of them being applied.
  private final ArrayDeque<Told> told = new ArrayDeque<>();
  // Owned by the home context.
  private boolean closed;
  // Replaced, never changed, by the home context.
  private volatile Map<TopicId, Partition[]> table = Map.of();

  public PartitionSupervisor(Vertx vertx, Options options, Residents residents) {
    this.vertx = vertx;
    this.home = vertx.getOrCreateContext();
    this.options = options;
    this.parts =
        new PartitionParts(
            options.replica(),
            options.logs(),
            options.currentLoop(),
            residents,
            options.maintenanceMs());
  }

  // ---- any thread

  @Override
  public Partition get(TopicId topic, int partition) {
    Partition[] partitions = table.get(topic);
    return partitions == null || partition < 0 || partition >= partitions.length
        ? null
        : partitions[partition];
  }

  @Override
  public Collection<Partition> all() {
    List<Partition> all = new ArrayList<>();
    for (Partition[] partitions : table.values()) {
      for (Partition partition : partitions) {
        if (partition != null) {
          all.add(partition);
        }
      }
    }
    return all;
  }

  /** The metadata changed; from any thread, in order. */
  public void onDelta(ImageDelta delta) {
    home.runOnContext(
        any -> {
          if (!closed) {
            told.add(new Told(delta, Promise.promise()));
            if (told.size() == 1) {
              applyFirst();
            }
          }
        });
  }

  /** Completes when every partition of what was told so far has its place in the table. */
  public Future<Void> settled() {
    Promise<Void> promise = Promise.promise();
    home.runOnContext(
        any -> {
          Future<Void> applied =
              told.isEmpty() ? Future.succeededFuture() : told.getLast().applied.future();
          applied.compose(done -> changes).onComplete(promise);
        });
    return promise.future();
  }

  /** Whether the log of a partition of this table is open, or known not to be openable. */
  public boolean isOpened(Partition partition) {
    return ((PartitionVerticle) partition).opened().isComplete();
  }

  /** Completes when the log of every partition in the table is open or known not to be openable. */
  public Future<Void> opened() {
    List<Future<Void>> all = new ArrayList<>();
    for (Partition partition : all()) {
      all.add(((PartitionVerticle) partition).opened());
    }
    return all.isEmpty() ? Future.succeededFuture() : Future.join(all).mapEmpty();
  }

  /** Closes all partitions; what was acknowledged is then on the disk. */
  public Future<Void> close() {
    Promise<Void> promise = Promise.promise();
    home.runOnContext(
        any -> {
          closed = true;
          told.forEach(change -> change.applied.complete());
          told.clear();
          List<Future<Void>> closing = new ArrayList<>();
          deployed
              .values()
              .forEach(topic -> topic.values().forEach(d -> closing.add(d.verticle.close())));
          deployed.clear();
          // A deletion that stopped halfway would leave a log that nobody owns.
          ending.values().forEach(deletion -> closing.add(deletion.otherwiseEmpty().mapEmpty()));
          publish();
          (closing.isEmpty() ? Future.succeededFuture() : Future.join(closing))
              .<Void>mapEmpty()
              .onComplete(promise);
        });
    return promise.future();
  }

  // ---- home context

  private void applyFirst() {
    ImageDelta delta = told.getFirst().delta;
    delta.deletedTopics().values().forEach(this::delete);
    List<Changed> here = new ArrayList<>();
    for (TopicImage topic : delta.changedTopics().values()) {
      TopicImage before = delta.before().topic(topic.id());
      Map<Integer, Deployed> known = deployed.getOrDefault(topic.id(), Map.of());
      for (PartitionImage partition : topic.partitions()) {
        boolean deployedHere = known.containsKey(partition.partition());
        if (!partition.replicas().contains(options.replica().nodeId())) {
          if (deployedHere) {
            // Others have it: clients are to look for them.
            delete(known.remove(partition.partition()), Errors.NOT_LEADER_OR_FOLLOWER);
          }
        } else if (!deployedHere || !isSame(before, partition)) {
          here.add(new Changed(topic, partition));
        }
      }
    }
    applySlice(delta, here, 0, new ArrayList<>());
  }

  private static boolean isSame(TopicImage before, PartitionImage partition) {
    return before != null && partition.equals(before.partition(partition.partition()));
  }

  private void applySlice(
      ImageDelta delta, List<Changed> here, int from, List<Future<?>> deployments) {
    if (closed) {
      return;
    }
    int end = Math.min(here.size(), from + SLICE);
    TopicId topic = null;
    PartitionSettings settings = null;
    for (Changed changed : here.subList(from, end)) {
      if (!changed.topic.id().equals(topic)) {
        topic = changed.topic.id();
        settings = settingsOf(delta.after(), changed.topic.name());
      }
      apply(changed, settings, deployments);
    }
    if (end < here.size()) {
      home.runOnContext(any -> applySlice(delta, here, end, deployments));
      return;
    }
    onApplied(delta, deployments);
    told.removeFirst().applied.complete();
    if (!told.isEmpty()) {
      home.runOnContext(any -> applyNext());
    }
  }

  private void applyNext() {
    if (!closed) {
      applyFirst();
    }
  }

  private void apply(Changed changed, PartitionSettings settings, List<Future<?>> deployments) {
    PartitionImage partition = changed.partition;
    Map<Integer, Deployed> known =
        deployed.computeIfAbsent(changed.topic.id(), id -> new HashMap<>());
    Deployed present = known.get(partition.partition());
    if (present != null) {
      tell(present, replica -> replica.onImage(partition, settings));
    } else {
      Deployed fresh = deploy(changed.topic, partition, settings);
      known.put(partition.partition(), fresh);
      deployments.add(fresh.deployment);
    }
  }

  private void onApplied(ImageDelta delta, List<Future<?>> deployments) {
    // The others: a partition that changed has been told of both at once.
    reconfigure(delta);
    if (!delta.changedBrokers().isEmpty()) {
      tellAll(LocalReplica::onBrokers);
    }
    if (!deployments.isEmpty()) {
      Future<Void> before = changes;
      changes =
          Future.join(deployments)
              .transform(any -> before)
              .onComplete(any -> home.runOnContext(now -> publish()))
              .compose(any -> turn());
    } else if (!ending.isEmpty()) {
      publish();
    }
  }

  /** Completes one turn of the home context later: behind what is queued there now. */
  private Future<Void> turn() {
    Promise<Void> promise = Promise.promise();
    home.runOnContext(any -> promise.complete());
    return promise.future();
  }

  private PartitionSettings settingsOf(ClusterImage image, String topic) {
    return PartitionSettings.from(options.settings().apply(image, topic));
  }

  private Deployed deploy(TopicImage topic, PartitionImage image, PartitionSettings settings) {
    TopicIdPartition id = new TopicIdPartition(topic.id(), topic.name(), image.partition());
    PartitionVerticle verticle = new PartitionVerticle(id, image, settings, parts);
    // A topic created again under the name of one that is just being deleted waits until the old
    // directory is renamed.
    Future<?> before = ending.get(id.topicPartition());
    Future<String> deployment =
        before == null
            ? vertx.deployVerticle(verticle)
            : before.transform(any -> vertx.deployVerticle(verticle));
    return new Deployed(verticle, deployment);
  }

  private void tell(Deployed partition, Consumer<LocalReplica> what) {
    partition.deployment.onSuccess(
        id -> partition.verticle.loop().execute(() -> what.accept(partition.verticle.replica())));
  }

  /** Tells all partitions with one hop to each loop. */
  private void tellAll(Consumer<LocalReplica> what) {
    Map<Loop, List<LocalReplica>> byLoop = new HashMap<>();
    for (Map<Integer, Deployed> topic : deployed.values()) {
      for (Deployed partition : topic.values()) {
        if (partition.deployment.succeeded()) {
          byLoop
              .computeIfAbsent(partition.verticle.loop(), any -> new ArrayList<>())
              .add(partition.verticle.replica());
        }
      }
    }
    byLoop.forEach((loop, replicas) -> loop.execute(() -> replicas.forEach(what)));
  }

  private void delete(TopicImage topic) {
    Map<Integer, Deployed> gone = deployed.remove(topic.id());
    if (gone != null) {
      gone.values().forEach(partition -> delete(partition, Errors.UNKNOWN_TOPIC_OR_PARTITION));
    }
  }

  private void delete(Deployed partition, Errors why) {
    FaultPoint.LOG_DELETION_TOLD.reached();
    TopicIdPartition id = partition.verticle.id();
    Future<Void> deleted =
        partition
            .deployment
            .compose(any -> partition.verticle.delete(why))
            .onComplete(done -> options.logs().forget(id));
    ending.put(id.topicPartition(), deleted);
    deleted.onComplete(
        done -> {
          if (done.failed()) {
            LOGGER.warn("Deleting {} failed", id, done.cause());
          }
          home.runOnContext(any -> ending.remove(id.topicPartition(), deleted));
        });
    partition.deployment.onSuccess(
        deployment -> deleted.onComplete(any -> vertx.undeploy(deployment)));
  }

  private void reconfigure(ImageDelta delta) {
    boolean nodeChanged =
        delta.changedConfigs().stream().anyMatch(r -> r.type() == ConfigResource.Type.BROKER);
    ClusterImage image = delta.after();
    if (nodeChanged) {
      image.topics().forEach(topic -> reconfigure(image, topic));
      return;
    }
    for (ConfigResource resource : delta.changedConfigs()) {
      TopicImage topic = image.topic(resource.name());
      // A topic that came with this delta was deployed with its settings.
      if (topic != null && delta.before().topic(topic.id()) != null) {
        reconfigure(image, topic);
      }
    }
  }

  private void reconfigure(ClusterImage image, TopicImage topic) {
    Map<Integer, Deployed> known = deployed.get(topic.id());
    if (known != null) {
      FaultPoint.TOPIC_SETTINGS_CHANGED.reached();
      PartitionSettings settings = settingsOf(image, topic.name());
      known.values().forEach(partition -> tell(partition, v -> v.onSettings(settings)));
    }
  }

  private void publish() {
    Map<TopicId, Partition[]> next = new HashMap<>();
    deployed.forEach(
        (topic, partitions) -> {
          int highest = -1;
          for (int index : partitions.keySet()) {
            highest = Math.max(highest, index);
          }
          Partition[] array = new Partition[highest + 1];
          partitions.forEach(
              (index, partition) -> {
                if (partition.deployment.succeeded()) {
                  array[index] = partition.verticle;
                }
              });
          next.put(topic, array);
        });
    table = next;
  }
}
