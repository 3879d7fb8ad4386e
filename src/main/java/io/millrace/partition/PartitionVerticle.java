package io.millrace.partition;

import io.millrace.log.ActiveProducer;
import io.millrace.log.FileSlice;
import io.millrace.metadata.PartitionImage;
import io.millrace.metadata.ReplicaCondition;
import io.millrace.model.EpochEnd;
import io.millrace.model.Loop;
import io.millrace.model.TopicIdPartition;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.kafka.common.protocol.Errors;

/**
 * The handle of this node's replica of one partition: gives it a loop, and hops there with what is
 * asked from elsewhere, once the log is open. What is done there is {@link LocalReplica}'s.
 *
 * <p>Owner: any thread, once it is deployed.
 */
final class PartitionVerticle extends VerticleBase implements Partition {
  private final TopicIdPartition id;
  private final PartitionParts parts;
  private final PublishedReplica published;
  private final LocalReplica replica;
  private final Promise<Void> opened = Promise.promise();
  // null = not deployed yet.
  private Loop loop;

  PartitionVerticle(
      TopicIdPartition id, PartitionImage image, PartitionSettings settings, PartitionParts parts) {
    this.id = id;
    this.parts = parts;
    this.published = new PublishedReplica(id, parts.logs());
    this.replica = new LocalReplica(id, image, settings, parts, published);
  }

  // ---- life

  @Override
  public Future<?> start() {
    loop = parts.currentLoop().get();
    replica.open(loop).onComplete(any -> opened.complete());
    return Future.succeededFuture();
  }

  /** Completes when the log is open or known not to be openable now. */
  Future<Void> opened() {
    return opened.future();
  }

  /**
   * Ends the replica and closes its files; what was acknowledged is on disk or in the page cache.
   */
  Future<Void> close() {
    return whenOpened(replica::close);
  }

  /**
   * Ends the replica and removes its files.
   *
   * @param why what clients are told who wait here
   */
  Future<Void> delete(Errors why) {
    return whenOpened(() -> replica.delete(why));
  }

  // ---- Partition

  @Override
  public TopicIdPartition id() {
    return id;
  }

  @Override
  public Loop loop() {
    return loop;
  }

  @Override
  public LocalReplica replica() {
    return replica;
  }

  @Override
  public Status status() {
    return published.status();
  }

  @Override
  public ReplicaCondition condition() {
    return published.condition();
  }

  @Override
  public Future<Answer<ListedOffset>> listOffset(
      long timestampMs, boolean readCommitted, int currentLeaderEpoch) {
    return leading(
        currentLeaderEpoch, questions -> questions.listOffset(timestampMs, readCommitted));
  }

  @Override
  public Future<Answer<EpochEnd>> endOfEpoch(int leaderEpoch, int currentLeaderEpoch) {
    return leading(currentLeaderEpoch, questions -> questions.endOfEpoch(leaderEpoch));
  }

  @Override
  public Future<Answer<Long>> deleteRecords(long beforeOffset) {
    return leading(-1, questions -> questions.deleteRecords(beforeOffset));
  }

  @Override
  public Future<Answer<List<ActiveProducer>>> activeProducers() {
    return leading(-1, LeaderQuestions::activeProducers);
  }

  @Override
  public Future<Answer<FileSlice>> copyFor(long from, long to, int maxBytes) {
    return whenOpened(() -> replica.copyFor(from, to, maxBytes));
  }

  /** Runs a question on the loop if this replica leads and the client's epoch is right. */
  private <T> Future<Answer<T>> leading(
      int currentLeaderEpoch, Function<LeaderQuestions, Future<Answer<T>>> question) {
    // The log may still be opening; what is asked of it waits as what is produced to it does.
    return whenOpened(() -> replica.ask(currentLeaderEpoch, question));
  }

  /** Does it on the loop. */
  private <T> Future<T> whenOpened(Supplier<Future<T>> task) {
    return opened()
        .compose(
            any -> {
              Promise<T> promise = Promise.promise();
              loop.run(() -> task.get().onComplete(promise));
              return promise.future();
            });
  }
}
