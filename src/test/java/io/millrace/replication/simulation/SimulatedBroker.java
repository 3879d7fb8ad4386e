package io.millrace.replication.simulation;

import io.millrace.partition.state.FollowerState;
import io.millrace.partition.state.LeaderState;
import io.millrace.quota.ReplicationThrottle;
import io.millrace.replication.ReplicaFetching;
import io.millrace.replication.ReplicationConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import org.apache.kafka.common.protocol.ApiMessage;

/**
 * A machine with a disk, and the process of a broker on it, which has one replica. Crashes, loses
 * power or its disk, stands still.
 *
 * <p>Owner: the simulation's thread.
 */
final class SimulatedBroker {
  private static final int TIMEOUT_MS = 80;
  private static final int MAX_PAUSE_MS = 100;
  private static final int MAX_FETCH_BYTES = 512;
  private static final ReplicationConfig FETCHES =
      new ReplicationConfig(0, 1, MAX_FETCH_BYTES, MAX_FETCH_BYTES, MAX_PAUSE_MS, TIMEOUT_MS, 1);
  private static final ReplicationThrottle UNTHROTTLED = new ReplicationThrottle(() -> 0);

  final int id;
  final SimulatedCluster world;

  // ---- The machine

  final SimulatedLog log = new SimulatedLog();
  private UUID directory;
  // Of the last stop in order; -1 = there was another one since.
  private long previousEpoch = -1;
  // How often the machine lost power or its disk, and up to which of it the controller knows.
  private int losses;
  private int lossesTold;

  // Until then nothing is written.
  private long hangsUntilMs;

  // ---- The process; null = it is down

  private SimulatedRegistration registration;
  private SimulatedReplica replica;
  private SimulatedLoop loop;
  private ReplicaFetching following;
  private SimulatedFetches fetches;
  private boolean paused;
  private int process;
  private final List<Runnable> backlog = new ArrayList<>();
  // What this process, and the one before it, has asked for, and is on its way for long.
  private Runnable slowRequest = () -> {};
  private Runnable lateRequest = slowRequest;
  // What happens to this process with its next request; null = nothing.
  private Runnable atNextRequest;

  SimulatedBroker(SimulatedCluster world, int id) {
    this.world = world;
    this.id = id;
    this.directory = new UUID(100 + id, 0);
  }

  boolean isUp() {
    return registration != null;
  }

  boolean isPaused() {
    return paused;
  }

  boolean works() {
    return isUp() && !paused;
  }

  int process() {
    return process;
  }

  boolean isRegistered() {
    return brokerEpoch() >= 0;
  }

  /** -1 = it is not registered. */
  long brokerEpoch() {
    return isUp() ? registration.epoch() : -1;
  }

  /** null = it does not lead. */
  LeaderState leader() {
    return leads() ? replica.leader().state() : null;
  }

  boolean leads() {
    return isUp() && replica.leader() != null;
  }

  /** null = it does not follow. */
  FollowerState follower() {
    return isUp() && replica.follower() != null ? replica.follower().state() : null;
  }

  SimulatedReplica replica() {
    return replica;
  }

  SimulatedLoop loop() {
    return loop;
  }

  ReplicaFetching following() {
    return following;
  }

  UUID directory() {
    return directory;
  }

  long previousEpoch() {
    return previousEpoch;
  }

  /** It has lost something that the controller does not know of yet. */
  boolean isSuspect() {
    return lossesTold < losses;
  }

  int losses() {
    return losses;
  }

  /** The controller has committed a registration that tells of so many losses. */
  void onLossesTold(int count) {
    lossesTold = Math.max(lossesTold, count);
  }

  // ---- Life

  void start() {
    world.trace(id, "starts", log);
    process++;
    replica = new SimulatedReplica(this);
    loop = new SimulatedLoop(this);
    following =
        new ReplicaFetching(
            id,
            this::brokerEpoch,
            new SimulatedPeers(this),
            () -> FETCHES,
            UNTHROTTLED,
            List.of(loop));
    fetches = new SimulatedFetches(this, loop);
    registration = new SimulatedRegistration(this);
    registration.begin();
    replica.checkIsr();
    replica.reportLogEnd();
  }

  /** kill -9. */
  void crash() {
    end();
    previousEpoch = -1;
    log.crash();
  }

  void losePower() {
    end();
    previousEpoch = -1;
    losses++;
    log.losePower(world.random());
    world.invariants.onLogCut(this);
  }

  /** Something happens to it while its next request is on its way for long. */
  void onNextRequest(Runnable then) {
    atNextRequest = then;
  }

  /** Its disk takes nothing for so long. */
  void hang(long ms) {
    hangsUntilMs = world.nowMs() + ms;
  }

  long writeDelayMs() {
    return Math.max(0, hangsUntilMs - world.nowMs()) + world.writeDelayMs();
  }

  void wipe() {
    end();
    previousEpoch = -1;
    losses++;
    directory = new UUID(100 + id, losses);
    log.wipe();
    world.invariants.onLogCut(this);
  }

  /** SIGTERM, behind what the controller has to do about it. */
  void stopInOrder() {
    world.trace(id, "stops", "");
    previousEpoch = brokerEpoch();
    log.write();
    end();
    log.sync();
  }

  private void end() {
    process++;
    paused = false;
    atNextRequest = null;
    backlog.clear();
    registration = null;
    replica = null;
    lateRequest = slowRequest;
  }

  /** It is told to stop in order. */
  void leave() {
    registration.leave();
  }

  void pause() {
    paused = true;
  }

  void resume() {
    paused = false;
    List<Runnable> waiting = List.copyOf(backlog);
    backlog.clear();
    waiting.forEach(Runnable::run);
  }

  /** Runs what is meant for a process, if it is still there. */
  void run(int meant, Runnable what) {
    if (meant != process || !isUp()) {
      return;
    }
    if (paused) {
      backlog.add(() -> run(meant, what));
    } else {
      what.run();
    }
  }

  void later(long ms, Runnable what) {
    int now = process;
    world.after(ms, () -> run(now, what));
  }

  // ---- What it says to others

  /** Sends to the controller, and takes its answer once; null = there was none. */
  <T> void ask(Consumer<Consumer<T>> question, Consumer<T> answer) {
    ask(question, answer, false);
  }

  /** As {@link #ask}; the question may be on its way until there is another process. */
  <T> void askPerhapsSlowly(Consumer<Consumer<T>> question, Consumer<T> answer) {
    ask(question, answer, world.isSlow());
  }

  private <T> void ask(Consumer<Consumer<T>> question, Consumer<T> answer, boolean slowly) {
    boolean[] answered = {false};
    int now = process;
    Consumer<T> once =
        found -> {
          if (!answered[0]) {
            answered[0] = true;
            answer.accept(found);
          }
        };
    Runnable asking =
        () ->
            question.accept(
                found -> world.fromController(id, () -> run(now, () -> once.accept(found))));
    if (slowly) {
      slowRequest = () -> world.toController(id, asking);
    } else {
      world.toController(id, asking);
    }
    later(TIMEOUT_MS, () -> once.accept(null));
  }

  /** Sends to the process that another broker has now. */
  void send(SimulatedBroker to, Runnable request) {
    int meant = to.process;
    Runnable arrival = () -> to.run(meant, request);
    Runnable then = atNextRequest;
    atNextRequest = null;
    if (then != null || world.isSlow()) {
      slowRequest = arrival;
    } else {
      world.send(id, to.id, arrival);
    }
    if (then != null) {
      then.run();
    }
  }

  /** Answers a follower. */
  void serveFetch(
      SimulatedPeers.Connection connection, ApiMessage request, Consumer<ApiMessage> reply) {
    fetches.serve(connection, request, reply);
  }

  /** Nobody's fetch session is known here any more. */
  void forgetSessions() {
    fetches.forgetSessions();
  }

  /** What an earlier process of this machine has asked for arrives. */
  void sendLateRequest() {
    lateRequest.run();
  }

  // ---- What is done to its replica

  /** A client's batch; acks=all is refused where there are too few replicas. */
  void produce(boolean all) {
    if (leads()) {
      replica.leader().produce(all);
    }
  }

  /** DeleteRecords or retention. */
  void deleteRecords() {
    if (leads()) {
      replica.leader().deleteRecords();
    }
  }

  /** The log cleaner. */
  void compact() {
    if (!replica.isChanging()) {
      world.invariants.onCompacted(log.compact(replica.stableEnd(), world.random()));
    }
  }

  void sync() {
    if (!isUp() || !replica.isChanging()) {
      log.sync();
    }
  }

  /** The image has got some way. */
  void learn() {
    replica.learn();
  }

  @Override
  public String toString() {
    return (isUp() ? paused ? "paused" : "up" : "down")
        + " epoch "
        + brokerEpoch()
        + (isUp() ? replica : "")
        + " "
        + log;
  }
}
