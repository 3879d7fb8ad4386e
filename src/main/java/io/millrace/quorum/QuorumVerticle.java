package io.millrace.quorum;

import io.millrace.metadata.MetadataRecord;
import io.millrace.model.VoterId;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.kafka.common.protocol.Errors;

/**
 * A replica of the metadata log: opens its files, brings every call to the quorum's context, where
 * {@link QuorumDriver} answers it, and closes the files again.
 *
 * <p>Owner: quorum context.
 */
public final class QuorumVerticle extends VerticleBase implements Quorum {
  private final QuorumConfig config;
  private final QuorumTransport transport;
  private final CommitListener listener;
  private final QuorumInbox inbox;
  private final Promise<Void> stopped = Promise.promise();
  private Context home;
  private QuorumStorage storage;

  /** null = the files are not open yet. */
  private QuorumDriver driver;

  private boolean closing;

  /** null = the files are not open yet. */
  private volatile QuorumView view;

  private QuorumVerticle(QuorumConfig config, QuorumTransport transport, CommitListener listener) {
    this.config = config;
    this.transport = transport;
    this.listener = listener;
    this.inbox = new QuorumInbox(config.clock());
  }

  /**
   * Opens the log of a node that is alone and runs until it leads and everything committed before
   * was delivered to the listener. Fails, with nothing left open, when the log is damaged or cannot
   * be written.
   */
  public static Future<Quorum> open(Vertx vertx, QuorumConfig config, CommitListener listener) {
    return open(vertx, config, QuorumTransport.NONE, listener);
  }

  /**
   * Opens the log of a member of a cluster and completes when what it knows to be committed was
   * delivered to the listener; it does not wait for a leader. When the log is damaged the node
   * takes part as a learner that says what is wrong ({@link QuorumView#problem}).
   *
   * @param transport leads to the other replicas; it may call {@link #receive} as soon as this
   *     completes
   */
  public static Future<Quorum> open(
      Vertx vertx, QuorumConfig config, QuorumTransport transport, CommitListener listener) {
    QuorumVerticle quorum = new QuorumVerticle(config, transport, listener);
    return vertx.deployVerticle(quorum).map(id -> quorum);
  }

  // ---- Start and end

  @Override
  public Future<?> start() {
    home = context;
    storage = new QuorumStorage(config, home);
    return storage
        .open()
        .compose(this::onOpened)
        .recover(why -> stop().transform(ignored -> Future.failedFuture(why)));
  }

  private Future<Void> onOpened(QuorumDisk.Opened opened) {
    if (closing) {
      return Future.failedFuture(new QuorumException(Errors.NOT_CONTROLLER, "It is closed"));
    }
    driver =
        new QuorumDriver(config, transport, listener, storage, opened, home, this::publishView);
    return driver.start(opened);
  }

  private void publishView() {
    view = driver.view(inbox.dropped());
  }

  @Override
  public Future<?> stop() {
    if (!closing) {
      closing = true;
      Future<Void> closed =
          driver == null
              ? storage.close(0)
              : driver.handOver().compose(handedOver -> driver.close());
      closed.onComplete(stopped);
    }
    return stopped.future();
  }

  @Override
  public Future<Void> close() {
    return onHome(() -> closing ? stopped.future() : vertx.undeploy(deploymentID()));
  }

  // ---- From other threads to the quorum's context

  private <T> Future<T> onHome(Supplier<Future<T>> call) {
    Promise<T> promise = Promise.promise();
    home.runOnContext(ignored -> call.get().onComplete(promise));
    return promise.future();
  }

  private <T> Future<T> ask(QuorumDriver.Question<T> question) {
    return onHome(() -> driver.ask(question));
  }

  @Override
  public Future<Long> propose(int lead, long baseOffset, List<MetadataRecord> records) {
    List<MetadataRecord> group = List.copyOf(records);
    return ask(leader -> leader.propose(lead, baseOffset, group));
  }

  @Override
  public Future<Long> readIndex() {
    return ask(LeaderRequests::readIndex);
  }

  @Override
  public Future<Void> addVoter(VoterId id) {
    return ask(leader -> leader.addVoter(id));
  }

  @Override
  public Future<Void> removeVoter(VoterId id) {
    return ask(leader -> leader.removeVoter(id));
  }

  @Override
  public Future<Void> transferLeadership(int nodeId) {
    return onHome(() -> driver.transferTo(nodeId));
  }

  @Override
  public Future<Void> snapshot(long lastOffset, List<MetadataRecord> records) {
    return onHome(() -> driver.snapshot(lastOffset, records));
  }

  @Override
  public void receive(int fromNodeId, ByteBuffer message) {
    inbox.receive(fromNodeId, message, home, read -> driver.receive(read));
  }

  @Override
  public void onPeers(Set<VoterId> peers) {
    Set<VoterId> known = Set.copyOf(peers);
    home.runOnContext(ignored -> driver.onPeers(known));
  }

  @Override
  public void onMemberGone(int nodeId) {
    home.runOnContext(ignored -> driver.onMemberGone(nodeId));
  }

  @Override
  public void nominate(boolean isNominated) {
    home.runOnContext(ignored -> driver.nominate(isNominated));
  }

  @Override
  public QuorumView status() {
    return view;
  }
}
