package io.millrace.replication.simulation;

import io.millrace.controller.Controller.ElectionType;
import io.millrace.simulation.FaultMix;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * What goes wrong with replicas, and what people do meanwhile.
 *
 * <p>Owner: the simulation's thread.
 */
final class ReplicationFaults extends FaultMix<SimulatedCluster> {
  private final ReplicationScripts scripts;
  private final boolean compacts;

  ReplicationFaults(SimulatedCluster world) {
    super(world);
    scripts = new ReplicationScripts(world, this);
    compacts = random.nextBoolean();
    List<Runnable> mild =
        List.of(
            this::crashOne,
            this::crashOne,
            this::crashAsItAsks,
            this::crashAsItAsks,
            this::hang,
            this::goAsAnotherHangs,
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
            this::raiseMinAsOneGoes,
            this::prefer,
            this::prefer,
            this::sayGone,
            this::deleteRecords,
            this::deleteRecords,
            this::restartAsItJoins,
            this::restartAsItJoins,
            this::reassign,
            this::reassign,
            this::cancelReassignment,
            this::forgetSessions,
            this::forgetSessions);
    List<Runnable> severe = List.of(this::losePower, this::losePower, this::wipe);
    mild.forEach(this::perhaps);
    if (random.nextInt(2) == 0) {
      severe.forEach(this::perhaps);
    }
    if (random.nextInt(6) == 0) {
      perhaps(this::losePowerEverywhere);
    }
    if (random.nextInt(12) == 0) {
      perhaps(this::electUncleanly);
    }
  }

  /** Plans events until this time. */
  void plan(long untilMs) {
    if (world.replicas == 2 && random.nextBoolean()) {
      world.at(100 + random.nextInt(400), scripts::leadInTurn);
    } else if (compacts && world.replicas == 3 && random.nextInt(4) == 0) {
      world.at(100, scripts::copyWhatIsCompacted);
    } else {
      planKinds(200, untilMs, 20 + random.nextInt(200));
    }
    plan(50, untilMs, 2 * (6 + random.nextInt(40)), this::produce);
    plan(100, untilMs, 200, () -> any().sync());
    if (compacts) {
      plan(100, untilMs, 100, this::compact);
    }
  }

  /** Clients know any leader, an old one too. */
  private void produce() {
    SimulatedBroker one = any();
    for (SimulatedBroker broker : world.brokers) {
      if (broker.leads() && random.nextInt(3) > 0) {
        one = broker;
      }
    }
    SimulatedBroker chosen = one;
    boolean all = random.nextInt(4) > 0;
    for (int left = 1 + random.nextInt(2); left > 0; left--) {
      chosen.run(chosen.process(), () -> chosen.produce(all));
    }
  }

  @Override
  protected void after(int maxMs, Runnable what) {
    super.after(maxMs, what);
  }

  private SimulatedBroker any() {
    return any(world.brokers);
  }

  void startLater(SimulatedBroker one, int maxMs) {
    after(
        maxMs,
        () -> {
          if (!one.isUp()) {
            start(one);
          }
        });
  }

  void start(SimulatedBroker one) {
    one.start();
    after(500, one::sendLateRequest);
  }

  private void crashOne() {
    crash(any(), 400);
  }

  private void crashAsItAsks() {
    SimulatedBroker one = any();
    if (one.works()) {
      one.onNextRequest(() -> crash(one, 100));
    }
  }

  private void hang() {
    SimulatedBroker one = any();
    world.trace(one.id, "has a disk that", "hangs");
    one.hang(random.nextInt(400));
  }

  /** A leader goes while another one is still writing what it got last. */
  private void goAsAnotherHangs() {
    SimulatedBroker other = any();
    for (SimulatedBroker one : world.brokers) {
      if (one.leads() && one != other) {
        other.hang(250);
        one.run(one.process(), () -> one.produce(false));
        after(
            60,
            () -> {
              crash(one, 400);
              world.controller.lose(one.id);
            });
      }
    }
  }

  private void crash(SimulatedBroker one, int maxMs) {
    if (one.isUp()) {
      crash(one);
      startLater(one, maxMs);
    }
  }

  void crash(SimulatedBroker one) {
    if (one.isUp()) {
      world.trace(one.id, "crashes", "");
      one.crash();
    }
  }

  private void crashAll() {
    world.brokers.forEach(one -> crash(one, 300));
  }

  private void losePower() {
    losePower(any());
  }

  private void losePower(SimulatedBroker one) {
    losePower(one, 500);
  }

  private void losePower(SimulatedBroker one, int maxMs) {
    if (one.isUp()) {
      one.losePower();
      world.trace(one.id, "has lost power", one.log);
    }
    startLater(one, maxMs);
  }

  private void losePowerEverywhere() {
    // Some come back when others have long been compared.
    world.brokers.forEach(one -> losePower(one, 1_200));
    world.onPowerCutEverywhere();
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
      if (one.leads()) {
        pause(one);
      }
    }
  }

  private void isolate() {
    isolate(any().id);
    after(500, this::mend);
  }

  void isolate(int node) {
    world.trace(node, "is isolated", "");
    for (SimulatedBroker other : world.brokers) {
      if (other.id != node) {
        world.network.cut(node, other.id);
        world.network.cut(other.id, node);
      }
    }
  }

  private void cutOneWay() {
    int from = any().id;
    int to = any().id;
    if (from != to) {
      world.trace(from, "cannot reach", to);
      world.network.cut(from, to);
      after(600, this::mend);
    }
  }

  private void mend() {
    world.network.mend();
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

  /**
   * A member goes without what its leader has written last, and more than are left must be in sync.
   */
  private void raiseMinAsOneGoes() {
    SimulatedBroker other = any();
    world.controller.setMinInsyncReplicas(1);
    for (SimulatedBroker one : world.brokers) {
      if (one.leads() && one != other) {
        world.network.cut(one.id, other.id);
        after(
            80,
            () -> {
              one.produce(false);
              world.controller.setMinInsyncReplicas(world.replicas);
              crash(other, 400);
              world.controller.lose(other.id);
              after(200, this::mend);
            });
      }
    }
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

  /** The partition gets some replicas, in some order. */
  private void reassign() {
    List<Integer> all = new ArrayList<>(world.brokers.stream().map(one -> one.id).toList());
    Collections.shuffle(all, random);
    List<Integer> replicas = List.copyOf(all.subList(0, 2 + random.nextInt(all.size() - 1)));
    List<Integer> before = SimulatedController.partition(world.controller.committed()).replicas();
    reassign(replicas);
    if (random.nextBoolean()) {
      after(300, () -> reassign(before));
    }
  }

  private void reassign(List<Integer> replicas) {
    world.trace(0, "the replicas are to be", replicas);
    world.controller.reassign(replicas);
  }

  /** The next replica that is to join comes back as another process, before it has joined. */
  private void restartAsItJoins() {
    world.onNextJoining(
        (leading, joining) -> {
          SimulatedBroker one = world.broker(joining);
          int here = world.controller.here();
          if (one.isUp() && joining != here && leading.id != here) {
            world.network.cut(leading.id, here);
            crash(one, 20);
            after(250, this::mend);
          }
        });
  }

  private void cancelReassignment() {
    world.trace(0, "a reassignment", "is cancelled");
    world.controller.reassign(null);
  }

  private void forgetSessions() {
    SimulatedBroker one = any();
    one.run(one.process(), one::forgetSessions);
  }

  private void compact() {
    SimulatedBroker one = any();
    one.run(one.process(), one::compact);
  }

  private void deleteRecords() {
    SimulatedBroker one = any();
    one.run(one.process(), one::deleteRecords);
  }
}
