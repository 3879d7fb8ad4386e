package io.millrace.replication.simulation;

import io.millrace.controller.Controller.ElectionType;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * What goes wrong in a simulation, and what people do meanwhile. Each run has its own mixture: some
 * kinds of events are left out, so that the others can have all their effect.
 *
 * <p>Owner: the simulation's thread.
 */
final class ReplicationFaults {
  private final SimulatedCluster world;
  private final Random random;
  private final List<Runnable> kinds = new ArrayList<>();

  ReplicationFaults(SimulatedCluster world) {
    this.world = world;
    this.random = world.random;
    List<Runnable> mild =
        List.of(
            this::crashOne,
            this::crashOne,
            this::crashAll,
            this::pauseOne,
            this::pauseOne,
            this::pauseLeader,
            this::isolate,
            this::isolate,
            this::cutOneWay,
            this::mend,
            this::mend,
            world::changeController,
            this::leave,
            this::changeMin,
            this::prefer,
            this::prefer,
            this::sayGone,
            this::deleteRecords);
    List<Runnable> severe = List.of(this::losePower, this::losePower, this::wipe);
    mild.forEach(this::perhaps);
    if (random.nextInt(2) == 0) {
      severe.forEach(this::perhaps);
    }
    if (random.nextInt(12) == 0) {
      perhaps(this::losePowerEverywhere);
      perhaps(this::electUncleanly);
    }
  }

  private void perhaps(Runnable kind) {
    if (random.nextInt(3) > 0) {
      kinds.add(kind);
    }
  }

  /** Plans events until this time. */
  void plan(long untilMs) {
    int everyMs = 20 + random.nextInt(200);
    for (long atMs = 200; atMs < untilMs; atMs += 1 + random.nextInt(2 * everyMs)) {
      if (!kinds.isEmpty()) {
        world.at(atMs, () -> kinds.get(random.nextInt(kinds.size())).run());
      }
    }
    int clientEveryMs = 6 + random.nextInt(40);
    for (long atMs = 50; atMs < untilMs; atMs += 1 + random.nextInt(2 * clientEveryMs)) {
      world.at(atMs, this::produce);
    }
    for (long atMs = 100; atMs < untilMs; atMs += 1 + random.nextInt(200)) {
      world.at(atMs, () -> any().sync());
    }
  }

  /** Clients know any leader, an old one too. */
  private void produce() {
    SimulatedBroker one = any();
    for (SimulatedBroker broker : world.brokers) {
      if (broker.leader != null && random.nextInt(3) > 0) {
        one = broker;
      }
    }
    SimulatedBroker chosen = one;
    boolean all = random.nextInt(4) > 0;
    for (int left = 1 + random.nextInt(2); left > 0; left--) {
      chosen.run(chosen.process(), () -> chosen.produce(all));
    }
  }

  private SimulatedBroker any() {
    return world.brokers.get(random.nextInt(world.brokers.size()));
  }

  private void after(int maxMs, Runnable what) {
    world.at(
        world.nowMs + 1 + random.nextInt(maxMs),
        () -> {
          if (!world.isHealed()) {
            what.run();
          }
        });
  }

  private void startLater(SimulatedBroker one, int maxMs) {
    after(
        maxMs,
        () -> {
          if (!one.isUp()) {
            world.trace(one.id, "starts", one.log);
            one.start();
          }
        });
  }

  private void crashOne() {
    crash(any(), 400);
  }

  private void crash(SimulatedBroker one, int maxMs) {
    if (one.isUp()) {
      world.trace(one.id, "crashes", "");
      one.crash();
      startLater(one, maxMs);
    }
  }

  private void crashAll() {
    world.brokers.forEach(one -> crash(one, 300));
  }

  private void losePower() {
    losePower(any());
  }

  private void losePower(SimulatedBroker one) {
    if (one.isUp()) {
      one.losePower();
      world.trace(one.id, "has lost power", one.log);
    }
    startLater(one, 500);
  }

  private void losePowerEverywhere() {
    world.brokers.forEach(this::losePower);
  }

  private void wipe() {
    SimulatedBroker one = any();
    one.wipe();
    world.trace(one.id, "is wiped", "");
    startLater(one, 500);
  }

  private void pauseOne() {
    pause(any());
  }

  private void pause(SimulatedBroker one) {
    if (one.works()) {
      world.trace(one.id, "is paused", "");
      one.pause();
      int process = one.process();
      after(
          600,
          () -> {
            if (one.process() == process && one.isPaused()) {
              world.trace(one.id, "goes on", "");
              one.resume();
            }
          });
    }
  }

  private void pauseLeader() {
    for (SimulatedBroker one : world.brokers) {
      if (one.leader != null) {
        pause(one);
      }
    }
  }

  private void isolate() {
    int node = any().id;
    world.trace(node, "is isolated", "");
    for (SimulatedBroker other : world.brokers) {
      if (other.id != node) {
        world.cut(node, other.id);
        world.cut(other.id, node);
      }
    }
    after(500, this::mend);
  }

  private void cutOneWay() {
    int from = any().id;
    int to = any().id;
    if (from != to) {
      world.trace(from, "cannot reach", to);
      world.cut(from, to);
      after(600, this::mend);
    }
  }

  private void mend() {
    world.mend();
  }

  private void leave() {
    SimulatedBroker one = any();
    if (one.works()) {
      world.trace(one.id, "is to stop", "");
      one.leave();
      int process = one.process();
      after(
          400,
          () -> {
            if (one.process() == process) {
              crash(one, 200);
            } else {
              startLater(one, 200);
            }
          });
    }
  }

  private void sayGone() {
    world.controller.lose(any().id);
  }

  private void changeMin() {
    int count = 1 + random.nextInt(3);
    world.trace(0, "min.insync.replicas is to be", count);
    world.controller.setMinInsyncReplicas(count);
  }

  private void prefer() {
    if (random.nextBoolean()) {
      world.controller.balance();
    } else {
      world.controller.elect(ElectionType.PREFERRED);
    }
  }

  private void electUncleanly() {
    world.trace(0, "an unclean leader", "is asked for");
    world.electUncleanly();
  }

  private void deleteRecords() {
    SimulatedBroker one = any();
    one.run(one.process(), one::deleteRecords);
  }
}
