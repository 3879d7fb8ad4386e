package io.millrace.replication.simulation;

import io.millrace.controller.Controller.ElectionType;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.PartitionImage;
import io.millrace.partition.state.IsrProposal;
import io.millrace.simulation.SimulatedNetwork;
import io.millrace.simulation.SimulatedWorld;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.function.ObjIntConsumer;
import java.util.stream.IntStream;

/**
 * Brokers with one partition and a controller in one thread: network, clock and disks are driven by
 * one seed.
 *
 * <p>Owner: the simulation's thread.
 */
final class SimulatedCluster extends SimulatedWorld {
  static final int MAX_LAG_MS = 120;
  private static final int TICK_MS = 20;
  private static final int SLOW_MS = 800;
  private static final int WHOLE_MS = 4_000;

  private record Registering(SimulatedBroker broker, int process, int losses) {}

  final int commitMs;
  private final int writeMs;
  final SimulatedNetwork network;
  final int replicas;
  final List<SimulatedBroker> brokers = new ArrayList<>();
  final SimulatedController controller;
  final ReplicationInvariants invariants;
  private final Map<UUID, Registering> registrations = new HashMap<>();
  private int failedWritePercent;
  private int slowPercent;
  private final int sessionSlots;
  private int learnMs;
  private int ticksWithoutController;
  // The controller lost its power, with what it had in memory.
  private boolean termEnded;
  // null = nobody waits for it.
  private ObjIntConsumer<SimulatedBroker> nextJoining;
  // null = nothing has failed.
  private AssertionError failure;
  private boolean unclean;
  private boolean registeredLate;
  private long values;

  /**
   * A cluster whose brokers are to be started.
   *
   * @param traced whether the last events are kept as text
   */
  SimulatedCluster(Random random, boolean traced) {
    super(random, traced);
    this.network = new SimulatedNetwork(random, SLOW_MS);
    this.commitMs = 1 + random.nextInt(random.nextInt(3) == 0 ? 30 : 6);
    this.writeMs = 1 + random.nextInt(random.nextInt(3) == 0 ? 25 : 4);
    int count = random.nextInt(3) == 0 ? 4 : 3;
    this.replicas = random.nextInt(5) == 0 ? 2 : 3;
    List<Integer> assigned = IntStream.rangeClosed(1, replicas).boxed().toList();
    for (int id = 1; id <= count; id++) {
      brokers.add(new SimulatedBroker(this, id));
    }
    this.invariants = new ReplicationInvariants(this);
    this.controller = new SimulatedController(this, count, assigned, 1 + random.nextInt(3));
    network.spoil();
    failedWritePercent = random.nextInt(3) == 0 ? random.nextInt(20) : 0;
    slowPercent = random.nextBoolean() ? random.nextInt(20) : 0;
    sessionSlots = random.nextInt(4) == 0 ? random.nextInt(3) : 100;
    learnMs = 1 + random.nextInt(random.nextInt(3) == 0 ? 150 : 15);
    after(TICK_MS, this::tick);
  }

  SimulatedBroker broker(int id) {
    return brokers.get(id - 1);
  }

  /** Where the log of some broker ends. */
  long anyEnd() {
    return brokers.get(random.nextInt(brokers.size())).log.endOffset();
  }

  long newValue() {
    return ++values;
  }

  // ---- Time

  @Override
  protected void check() {
    if (failure != null) {
      throw failure;
    }
    invariants.check();
  }

  /** Something has failed where nobody would hear of it. */
  void onFailed(AssertionError why) {
    failure = why;
  }

  private void tick() {
    after(TICK_MS, this::tick);
    ticksWithoutController = mayCommit(controller.here()) ? 0 : ticksWithoutController + 1;
    if (termEnded || ticksWithoutController > 2) {
      changeController();
    }
    if (broker(controller.here()).works()) {
      controller.upkeep();
    }
    controller.retryCommits();
  }

  void changeController() {
    List<SimulatedBroker> able = brokers.stream().filter(one -> mayCommit(one.id)).toList();
    if (!able.isEmpty()) {
      int node = able.get(random.nextInt(able.size())).id;
      trace(node, "is the controller", "");
      controller.changeTo(node);
      if (termEnded) {
        termEnded = false;
        invariants.onPowerCutEverywhere();
        // The membership knows at once who is not there.
        brokers.stream()
            .filter(one -> !one.isUp() && random.nextBoolean())
            .forEach(one -> controller.lose(one.id));
      }
    }
  }

  /** Whether a controller there reaches a majority. */
  boolean mayCommit(int node) {
    int reached =
        (int)
            brokers.stream()
                .filter(
                    other -> other.works() && (other.id == node || network.reach(node, other.id)))
                .count();
    return broker(node).works()
        && reached > brokers.size() / 2
        && !(termEnded && node == controller.here());
  }

  /** All brokers have lost their power, and the controller with them. */
  void onPowerCutEverywhere() {
    termEnded = true;
  }

  void electUncleanly() {
    unclean = true;
    controller.elect(ElectionType.UNCLEAN);
  }

  /** Whether anybody has asked for an unclean election. */
  boolean unclean() {
    return unclean;
  }

  // ---- ISR

  /** Something is to happen when the next replica is to join. */
  void onNextJoining(ObjIntConsumer<SimulatedBroker> then) {
    nextJoining = then;
  }

  /** A leader is about to ask for another ISR. */
  void onProposed(SimulatedBroker leading, IsrProposal proposal) {
    trace(leading.id, "proposes", proposal);
    invariants.onProposed(leading, proposal);
    ObjIntConsumer<SimulatedBroker> then = nextJoining;
    if (then != null && !proposal.joining().isEmpty() && !isHealed()) {
      nextJoining = null;
      then.accept(leading, proposal.joining().get(0));
    }
  }

  // ---- Fetches

  /** Whether a request is on its way until the next process of the node, or the next but one. */
  boolean isSlow() {
    return random.nextInt(100) < slowPercent;
  }

  /** How many fetch sessions a node has. */
  int sessionSlots() {
    return sessionSlots;
  }

  // ---- Disks

  long writeDelayMs() {
    return 1L + random.nextInt(writeMs);
  }

  boolean failsToWrite() {
    return random.nextInt(100) < failedWritePercent;
  }

  /** Whether a process was registered that had ended by then; it may look like an older disk. */
  boolean registeredLate() {
    return registeredLate;
  }

  // ---- Network

  void send(int from, int to, Runnable arrival) {
    if (from == to) {
      after(0, arrival);
      return;
    }
    network.arrivals(from, to).forEach(delayMs -> after(delayMs, arrival));
  }

  void toController(int from, Runnable question) {
    int node = controller.here();
    SimulatedBroker there = broker(node);
    int process = there.process();
    send(
        from,
        node,
        () ->
            there.run(
                process,
                () -> {
                  if (controller.here() == node) {
                    question.run();
                  }
                }));
  }

  void fromController(int to, Runnable answer) {
    send(controller.here(), to, answer);
  }

  // ---- Metadata

  void noteRegistration(UUID incarnation, SimulatedBroker broker) {
    registrations.put(incarnation, new Registering(broker, broker.process(), broker.losses()));
  }

  void onCommitted(MetadataImage before, List<MetadataRecord> records) {
    for (MetadataRecord record : records) {
      if (record instanceof MetadataRecord.RegisterBroker node) {
        Registering told = registrations.get(node.traits().incarnation());
        told.broker().onLossesTold(told.losses());
        registeredLate |= told.process() != told.broker().process();
      }
    }
    PartitionImage was = SimulatedController.partition(before);
    PartitionImage is = SimulatedController.partition(controller.committed());
    if (!was.equals(is)) {
      trace(controller.here(), "commits", is);
      invariants.onCommitted(was, is);
    }
    for (SimulatedBroker broker : brokers) {
      spread(broker);
    }
  }

  private void spread(SimulatedBroker broker) {
    int process = broker.process();
    after(
        1L + random.nextInt(learnMs),
        () -> {
          if (broker.id == controller.here() || network.reach(controller.here(), broker.id)) {
            broker.run(process, broker::learn);
          }
        });
  }

  // ---- The end

  /** Nothing goes wrong any more: everybody must come back, and all logs be the same. */
  void heal() {
    endFaults();
    network.heal();
    failedWritePercent = 0;
    slowPercent = 0;
    learnMs = 10;
    for (SimulatedBroker broker : brokers) {
      if (!broker.isUp()) {
        broker.start();
      } else if (broker.isPaused()) {
        broker.resume();
      }
    }
    trace(0, "all is", "healed");
    long until = nowMs() + WHOLE_MS;
    String lacking = "";
    while (nowMs() < until) {
      runUntil(nowMs() + 100);
      brokers.forEach(this::spread);
      brokers.stream().filter(one -> !one.isUp()).forEach(SimulatedBroker::start);
      lacking = invariants.lacking();
      if (lacking == null) {
        return;
      }
    }
    throw new AssertionError("liveness: " + WHOLE_MS + " ms after all is healed " + lacking);
  }

  // ---- For people

  void trace(int node, String what, Object detail) {
    if (isTraced()) {
      trace(node + " " + what + " " + detail);
    }
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (SimulatedBroker broker : brokers) {
      text.append(broker.id).append(": ").append(broker).append('\n');
    }
    return text.append(SimulatedController.partition(controller.committed())).toString();
  }
}
