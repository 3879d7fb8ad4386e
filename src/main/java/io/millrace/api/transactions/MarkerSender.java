package io.millrace.api.transactions;

import io.millrace.api.LocalPartitions;
import io.millrace.client.Peers;
import io.millrace.coordinator.Coordinator;
import io.millrace.coordinator.shard.Reply;
import io.millrace.coordinator.transaction.MarkerWriter;
import io.millrace.coordinator.transaction.ProducerClient;
import io.millrace.coordinator.transaction.Transaction;
import io.millrace.coordinator.transaction.TransactionShard;
import io.millrace.metadata.ClusterImage;
import io.millrace.model.Clock;
import io.millrace.model.Loop;
import io.millrace.model.TopicPartition;
import io.millrace.model.TransactionMarker;
import io.millrace.partition.Answer;
import io.millrace.partition.Partition;
import io.millrace.partition.PartitionTable;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.common.message.WriteTxnMarkersResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the ends of transactions to the leaders of their partitions, here and on other nodes,
 * until each has taken its marker. What goes to one node in one turn shares a request.
 *
 * <p>Invariant: nothing here need survive: a shard that is loaded anew hands over again what is
 * open.
 *
 * <p>Owner: a loop of its own; {@link #write} and {@link #stop} are for any thread.
 */
public final class MarkerSender implements MarkerWriter {
  /**
   * What it is made of.
   *
   * @param peers null = the node is alone
   */
  public record Parts(
      int nodeId,
      Loop home,
      Clock clock,
      Peers peers,
      Supplier<PartitionTable> partitions,
      Supplier<ClusterImage> image,
      Supplier<Coordinator<TransactionShard>> coordinator) {}

  private static final Logger LOG = LoggerFactory.getLogger(MarkerSender.class);

  /** Not that of {@link TransactionVerification}: answers of one lane come in order. */
  private static final String LANE = "transaction-markers";

  /** Of partitions that have not committed a marker in time, so that the others do not wait. */
  private static final String LATE_LANE = "transaction-markers-late";

  private static final short VERSION = ApiKeys.WRITE_TXN_MARKERS.latestVersion();
  private static final int REQUEST_TIMEOUT_MS = 30_000;

  /** Partitions in one line of the log. */
  private static final int MAX_NAMED = 20;

  private static final int FIRST_PAUSE_MS = 20;
  private static final int LONGEST_PAUSE_MS = 1_000;

  /**
   * A partition that is not known for so long is deleted, and this node's image not merely late.
   */
  private static final long GONE_AFTER_NANOS = TimeUnit.SECONDS.toNanos(10);

  private record Key(int shardPartition, String transactionalId) {}

  /** One transaction that ends. */
  private final class Job {
    private final Key key;
    private final TransactionMarker marker;
    // Invariant: open holds the partitions that have no marker yet; when it is empty, the shard is
    // told, until it has heard.
    private final Set<TopicPartition> open;
    // Invariant: no partition is sent a second marker while the first one is on its way: it could
    // end the next transaction, which has the same epoch up to transaction version 1.
    private final Set<TopicPartition> onItsWay = new HashSet<>();
    private final Set<TopicPartition> all;
    private int failures;
    private boolean pausing;
    // When a partition was first found unknown.
    private final Map<TopicPartition, Long> unknownSince = new HashMap<>();

    Job(Key key, TransactionMarker marker, Set<TopicPartition> partitions) {
      this.key = key;
      this.marker = marker;
      this.all = Set.copyOf(partitions);
      this.open = new HashSet<>(partitions);
    }

    boolean isOver() {
      return jobs.get(key) != this;
    }
  }

  private final Parts parts;
  private final Map<Key, Job> jobs = new HashMap<>();
  private final NodeBatches<MarkerBatch<Job>> outgoing;
  // Invariant: partitions whose last answer was REQUEST_TIMED_OUT.
  private final Set<TopicPartition> late = new HashSet<>();

  public MarkerSender(Parts parts) {
    this.parts = parts;
    this.outgoing = new NodeBatches<>(parts.home, MarkerBatch::new, this::send);
  }

  // ---- any thread

  @Override
  public void write(
      int shardPartition,
      String transactionalId,
      TransactionMarker marker,
      Set<TopicPartition> partitions) {
    parts.home.run(
        () -> {
          Key key = new Key(shardPartition, transactionalId);
          Job before = jobs.get(key);
          if (before != null && before.marker.equals(marker)) {
            // The shard was loaded anew; it will hear of what is under way.
            return;
          }
          Job job = new Job(key, marker, partitions);
          jobs.put(key, job);
          send(job);
        });
  }

  @Override
  public void onTimedOut(Transaction transaction, ProducerClient client) {
    LOG.warn(
        "Transaction of {} has outlived its timeout of {} ms and is aborted: producer {} of epoch"
            + " {} at {}, partitions {}",
        transaction.transactionalId(),
        transaction.timeoutMs(),
        transaction.producerId(),
        transaction.producerEpoch(),
        ProducerClient.shown(client),
        transaction.partitions().stream().limit(MAX_NAMED).toList());
  }

  @Override
  public void stop(int shardPartition) {
    parts.home.run(() -> jobs.keySet().removeIf(key -> key.shardPartition == shardPartition));
  }

  // ---- home

  /** Everything that is open and not on its way. */
  private void send(Job job) {
    ClusterImage image = parts.image.get();
    List<TopicPartition> gone = new ArrayList<>();
    boolean later = false;
    for (TopicPartition each : List.copyOf(job.open)) {
      if (job.onItsWay.contains(each)) {
        continue;
      }
      int leader = CoordinatorNodes.leaderOf(image, each.topic(), each.partition());
      if (CoordinatorNodes.isUnknown(image, each.topic(), each.partition())) {
        long now = parts.clock.nanos();
        if (now - job.unknownSince.computeIfAbsent(each, any -> now) >= GONE_AFTER_NANOS) {
          gone.add(each);
        } else {
          later = true;
        }
      } else if (leader == CoordinatorNodes.NOBODY) {
        later = true;
      } else if (leader == parts.nodeId) {
        sendHere(job, image, each);
      } else {
        job.onItsWay.add(each);
        outgoing.to(leader, late.contains(each) ? LATE_LANE : LANE).add(job, job.marker, each);
      }
    }
    gone.forEach(each -> onAnswer(job, each, Errors.NONE));
    if (later && !job.isOver()) {
      retryLater(job);
    }
  }

  private void sendHere(Job job, ClusterImage image, TopicPartition each) {
    Answer<Partition> local =
        new LocalPartitions(parts.partitions.get()).find(image, each.topic(), each.partition());
    if (local.error() != Errors.NONE) {
      retryLater(job);
      return;
    }
    job.onItsWay.add(each);
    Promise<Errors> outcome = Promise.promise();
    outcome.future().onSuccess(error -> parts.home.run(() -> onAnswer(job, each, error)));
    WriteTxnMarkersHandler.end(local.value(), job.marker, outcome);
  }

  private void send(NodeBatches.Route route, MarkerBatch<Job> batch) {
    parts
        .peers
        .request(route.node(), route.lane(), batch.request(), VERSION, REQUEST_TIMEOUT_MS)
        .onComplete(
            done ->
                parts.home.run(
                    () -> {
                      if (done.failed()) {
                        LOG.debug("Node {} took no markers", route.node(), done.cause());
                      }
                      onAnswered(batch, done.succeeded() ? done.result() : null);
                    }));
  }

  /** null = there is no answer. */
  private void onAnswered(MarkerBatch<Job> batch, ApiMessage answer) {
    batch.outcomes(
        (WriteTxnMarkersResponseData) answer, (job, each, error) -> onAnswer(job, each, error));
  }

  private void onAnswer(Job job, TopicPartition each, Errors error) {
    job.onItsWay.remove(each);
    if (error == Errors.REQUEST_TIMED_OUT) {
      late.add(each);
    } else if (error != Errors.NETWORK_EXCEPTION) {
      late.remove(each);
    }
    if (job.isOver()) {
      return;
    }
    switch (error) {
      case NONE -> onDone(job, each);
      case INVALID_PRODUCER_EPOCH, TRANSACTION_COORDINATOR_FENCED -> {
        // Another coordinator, or a later transaction, has been there: this one has nothing to say.
        LOG.warn(
            "{} of {} for {} is refused: {}; it is over",
            job.marker.commits() ? "The commit" : "The abort",
            job.key.transactionalId,
            each,
            error);
        onDone(job, each);
      }
      default -> retryLater(job);
    }
  }

  private void onDone(Job job, TopicPartition each) {
    job.open.remove(each);
    if (job.open.isEmpty()) {
      report(job);
    }
  }

  /** After a pause, all that is still open is sent again. */
  private void retryLater(Job job) {
    if (job.pausing) {
      return;
    }
    job.pausing = true;
    int pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS << Math.min(job.failures++, 10));
    parts.home.schedule(
        pause,
        () -> {
          job.pausing = false;
          if (job.isOver()) {
            return;
          }
          if (job.open.isEmpty()) {
            report(job);
          } else {
            send(job);
          }
        });
  }

  private void report(Job job) {
    TransactionMarker marker = job.marker;
    parts
        .coordinator
        .get()
        .submit(
            job.key.shardPartition,
            (shard, reply) ->
                shard.markersWritten(
                    job.key.transactionalId,
                    marker.producerId(),
                    marker.producerEpoch(),
                    job.all,
                    reply),
            new Reply<Errors>() {
              @Override
              public void complete(Errors value) {
                parts.home.run(() -> jobs.remove(job.key, job));
              }

              @Override
              public void fail(Errors error, String message) {
                parts.home.run(
                    () -> {
                      if (error == Errors.UNKNOWN_SERVER_ERROR) {
                        retryLater(job);
                      } else {
                        // The shard has the report, or begins anew when it is loaded. Told again,
                        // it could take it for that of the next transaction, whose marker is the
                        // same up to version 1.
                        jobs.remove(job.key, job);
                      }
                    });
              }
            });
  }

  /** Transactions that are being ended; for the metrics. On any thread, roughly. */
  public int open() {
    return jobs.size();
  }
}
