package io.millrace.replication.simulation;

import io.millrace.controller.Controller.ElectionType;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.PartitionImage;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;
import java.util.UUID;

/**
 * Brokers with one partition and a controller in one thread: network, clock and disks are driven by
 * one seed.
 *
 * <p>Owner: the simulation's thread.
 */
final class SimulatedCluster {
  static final int MAX_LAG_MS = 120;
  private static final int TICK_MS = 20;
  private static final int TRACED_LINES = 400;
  private static final int WHOLE_MS = 4_000;

  private record Event(long atMs, long order, Runnable what) implements Comparable<Event> {
    @Override
    public int compareTo(Event other) {
      return atMs != other.atMs ? Long.compare(atMs, other.atMs) : Long.compare(order, other.order);
    }
  }

  private record Link(int from, int to) {}

  private record Registering(int nodeId, int losses) {}

  final Random random;
  final int commitMs;
  final int writeMs;
  final List<SimulatedBroker> brokers = new ArrayList<>();
  final SimulatedController controller;
  final ReplicationInvariants invariants;
  private final PriorityQueue<Event> events = new PriorityQueue<>();
  private final Map<UUID, Registering> registrations = new HashMap<>();
  private final ArrayDeque<String> lines;
  private final Set<Link> cuts = new HashSet<>();
  private int lostPercent;
  private int doubledPercent;
  private int slowPercent;
  private int maxDelayMs = 4;
  int failedWritePercent;
  private int learnMs;
  private int ticksWithoutController;
  private boolean healed;
  private boolean unclean;
  long nowMs;
  private long order;
  private long values;
  private int eventCount;

  /**
   * A cluster whose brokers are to be started.
   *
   * @param traced whether the last events are kept as text
   */
  SimulatedCluster(Random random, boolean traced) {
    this.random = random;
    this.lines = traced ? new ArrayDeque<>() : null;
    this.commitMs = 1 + random.nextInt(random.nextInt(3) == 0 ? 30 : 6);
    this.writeMs = 1 + random.nextInt(random.nextInt(3) == 0 ? 25 : 4);
    int count = random.nextInt(4) == 0 ? 4 : 3;
    List<Integer> replicas = new ArrayList<>();
    for (int id = 1; id <= (random.nextInt(5) == 0 ? 2 : 3); id++) {
      replicas.add(id);
    }
    for (int id = 1; id <= count; id++) {
      brokers.add(new SimulatedBroker(this, id));
    }
    this.invariants = new ReplicationInvariants(this);
    this.controller = new SimulatedController(this, count, replicas, 1 + random.nextInt(3));
    spoil();
    at(TICK_MS, this::tick);
  }

  SimulatedBroker broker(int id) {
    return brokers.get(id - 1);
  }

  long newValue() {
    return ++values;
  }

  int eventCount() {
    return eventCount;
  }

  boolean isHealed() {
    return healed;
  }

  // ---- Time

  void at(long atMs, Runnable what) {
    events.add(new Event(atMs, order++, what));
  }

  void runUntil(long untilMs) {
    while (!events.isEmpty() && events.peek().atMs <= untilMs) {
      Event next = events.poll();
      nowMs = next.atMs;
      eventCount++;
      next.what.run();
      invariants.check();
    }
    nowMs = untilMs;
  }

  private void tick() {
    at(nowMs + TICK_MS, this::tick);
    ticksWithoutController = mayCommit(controller.here()) ? 0 : ticksWithoutController + 1;
    if (ticksWithoutController > 2) {
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
    }
  }

  /** Whether a controller there reaches a majority. */
  boolean mayCommit(int node) {
    int reached =
        (int)
            brokers.stream()
                .filter(other -> other.works() && (other.id == node || reach(node, other.id)))
                .count();
    return broker(node).works() && reached > brokers.size() / 2;
  }

  private boolean reach(int one, int other) {
    return !cuts.contains(new Link(one, other)) && !cuts.contains(new Link(other, one));
  }

  void electUncleanly() {
    unclean = true;
    controller.elect(ElectionType.UNCLEAN);
  }

  /** Whether anybody has asked for an unclean election. */
  boolean unclean() {
    return unclean;
  }

  // ---- Network

  /** As bad as it is for a whole run. */
  private void spoil() {
    lostPercent = random.nextBoolean() ? random.nextInt(25) : 0;
    doubledPercent = random.nextBoolean() ? random.nextInt(20) : 0;
    slowPercent = random.nextBoolean() ? random.nextInt(15) : 0;
    maxDelayMs = 2 + random.nextInt(random.nextInt(3) == 0 ? 60 : 12);
    failedWritePercent = random.nextInt(3) == 0 ? random.nextInt(20) : 0;
    learnMs = 1 + random.nextInt(random.nextInt(3) == 0 ? 150 : 15);
  }

  void cut(int from, int to) {
    cuts.add(new Link(from, to));
  }

  void mend() {
    cuts.clear();
  }

  void send(int from, int to, Runnable arrival) {
    if (from == to) {
      at(nowMs, arrival);
      return;
    }
    if (cuts.contains(new Link(from, to)) || random.nextInt(100) < lostPercent) {
      return;
    }
    at(nowMs + delay(), arrival);
    if (random.nextInt(100) < doubledPercent) {
      at(nowMs + delay(), arrival);
    }
  }

  private long delay() {
    return random.nextInt(100) < slowPercent ? random.nextInt(800) : 1 + random.nextInt(maxDelayMs);
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

  void noteRegistration(UUID incarnation, int nodeId, int losses) {
    registrations.put(incarnation, new Registering(nodeId, losses));
  }

  void onCommitted(MetadataImage before, List<MetadataRecord> records) {
    for (MetadataRecord record : records) {
      if (record instanceof MetadataRecord.RegisterBroker node) {
        Registering told = registrations.get(node.traits().incarnation());
        broker(told.nodeId()).onLossesTold(told.losses());
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
    at(
        nowMs + 1 + random.nextInt(learnMs),
        () -> {
          if (broker.id == controller.here() || reach(controller.here(), broker.id)) {
            broker.run(process, broker::learn);
          }
        });
  }

  // ---- The end

  /** Nothing goes wrong any more: everybody must come back, and all logs be the same. */
  void heal() {
    healed = true;
    mend();
    lostPercent = 0;
    doubledPercent = 0;
    slowPercent = 0;
    maxDelayMs = 4;
    failedWritePercent = 0;
    learnMs = 10;
    for (SimulatedBroker broker : brokers) {
      if (!broker.isUp()) {
        broker.start();
      } else if (broker.isPaused()) {
        broker.resume();
      }
    }
    trace(0, "all is", "healed");
    long until = nowMs + WHOLE_MS;
    String lacking = "";
    while (nowMs < until) {
      runUntil(nowMs + 100);
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
    if (lines != null) {
      lines.add(nowMs + " ms: " + node + " " + what + " " + detail);
      if (lines.size() > TRACED_LINES) {
        lines.poll();
      }
    }
  }

  String lastEvents() {
    return lines == null ? "" : String.join("\n", lines);
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
