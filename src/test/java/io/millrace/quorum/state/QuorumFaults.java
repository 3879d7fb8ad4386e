package io.millrace.quorum.state;

import io.millrace.model.VoterId;
import io.millrace.simulation.FaultMix;
import java.util.List;

/**
 * What goes wrong with a quorum, and what people do meanwhile.
 *
 * <p>Owner: the simulation's thread.
 */
final class QuorumFaults extends FaultMix<SimulatedQuorum> {
  QuorumFaults(SimulatedQuorum world) {
    super(world);
    List<Runnable> all =
        List.of(
            this::crashOne,
            this::crashOne,
            this::crashAll,
            this::overthrow,
            this::overthrow,
            this::isolateLeader,
            this::pauseOne,
            this::cutOneWay,
            this::isolate,
            this::divide,
            this::mend,
            this::fillDisk,
            this::hangDisk,
            this::failDisk,
            this::damage,
            this::wipe,
            this::nominate,
            this::sayGone,
            this::transfer,
            this::changeVoters,
            this::snapshot,
            this::snapshot);
    all.forEach(this::perhaps);
  }

  /** The worst moments are just after an election and just after a commit. */
  private void waitForTheWorst() {
    if (random.nextBoolean()) {
      world.whenCommitted =
          leader -> {
            if (random.nextInt(8) == 0) {
              boolean all = random.nextBoolean();
              world.after(
                  0,
                  () ->
                      world.replicas.stream()
                          .filter(one -> all || one == leader)
                          .forEach(this::crashSoon));
            }
          };
    }
    if (random.nextBoolean()) {
      world.whenElected =
          leader -> {
            if (random.nextInt(3) == 0) {
              after(5, random.nextBoolean() ? this::changeVoters : this::isolateLeader);
            }
          };
    }
  }

  private void crashSoon(SimulatedReplica one) {
    if (random.nextInt(3) > 0) {
      crash(one, 150);
    }
  }

  /** Plans events until this time. */
  void plan(long untilMs) {
    world.network.spoil();
    if (random.nextInt(3) == 0) {
      waitForTheWorst();
    }
    planKinds(300, untilMs, 30 + random.nextInt(300));
    int clientEveryMs = 10 + random.nextInt(60);
    plan(
        100,
        untilMs,
        2 * clientEveryMs,
        () -> {
          world.propose();
          world.after(random.nextInt(50), () -> any().read());
        });
    for (long atMs = 500; atMs < untilMs; atMs += 150) {
      world.at(atMs, world::repair);
    }
  }

  private SimulatedReplica any() {
    return any(world.replicas);
  }

  private void crashOne() {
    crash(any(), 800);
  }

  private void crash(SimulatedReplica one, int maxMs) {
    if (one.isUp()) {
      world.trace(one.id(), "crashes", "");
      one.crash();
      after(
          maxMs,
          () -> {
            if (!one.isUp()) {
              one.start();
            }
          });
    }
  }

  private void crashAll() {
    world.replicas.forEach(one -> crash(one, 300));
  }

  private void pauseOne() {
    SimulatedReplica one = any();
    if (one.isUp() && !one.isPaused()) {
      world.trace(one.id(), "is", "paused");
      one.pause();
      after(1_500, one::resume);
    }
  }

  private void cutOneWay() {
    world.network.cut(any().id().nodeId(), any().id().nodeId());
  }

  private void isolate() {
    isolate(any());
  }

  private void isolate(SimulatedReplica one) {
    int node = one.id().nodeId();
    for (int other = 1; other <= world.replicas.size(); other++) {
      world.network.cut(node, other);
      world.network.cut(other, node);
    }
  }

  private List<SimulatedReplica> leaders() {
    return world.replicas.stream()
        .filter(one -> one.isUp() && one.rules().role() == QuorumRules.Role.LEADER)
        .toList();
  }

  /** The leader has some milliseconds for what only it knows. */
  private void isolateLeader() {
    world.network.mend();
    leaders().forEach(this::isolate);
    if (random.nextBoolean()) {
      after(80, this::changeVoters);
    }
    if (random.nextBoolean()) {
      after(400, this::mend);
    }
  }

  /** The leader crashes, often before it has done much, and somebody is to follow it at once. */
  private void overthrow() {
    for (SimulatedReplica leader : leaders()) {
      crash(leader, 100);
      sayGone(leader.id().nodeId());
      nominate();
    }
  }

  private void divide() {
    int sides = random.nextInt(1 << world.replicas.size());
    for (int from = 0; from < world.replicas.size(); from++) {
      for (int to = 0; to < world.replicas.size(); to++) {
        if ((sides >> from & 1) != (sides >> to & 1)) {
          world.network.cut(from + 1, to + 1);
        }
      }
    }
  }

  private void mend() {
    world.network.mend();
  }

  private void fillDisk() {
    SimulatedReplica one = any();
    one.diskFull = true;
    after(600, () -> one.diskFull = false);
  }

  private void hangDisk() {
    List<SimulatedReplica> leaders = leaders();
    SimulatedReplica one = leaders.isEmpty() || random.nextBoolean() ? any() : leaders.get(0);
    world.trace(one.id(), "has a disk that", "hangs");
    one.hangDisk();
    after(2_000, one::unhangDisk);
  }

  /** Final until the next start. */
  private void failDisk() {
    SimulatedReplica one = any();
    one.failDisk();
    after(500, () -> crash(one, 500));
  }

  private void damage() {
    SimulatedReplica one = any();
    if (world.mayLose(one)) {
      one.damage();
      crash(one, 300);
    }
  }

  private void wipe() {
    SimulatedReplica one = any();
    if (world.mayLose(one)) {
      world.wipe(one);
      after(
          300,
          () -> {
            if (!one.isUp()) one.start();
          });
    }
  }

  private void nominate() {
    SimulatedReplica one = any();
    for (int i = 0; i < 5; i++) {
      world.after(30L * i, () -> one.call(rules -> rules.nominate(one.callNowMs())));
    }
  }

  private void sayGone() {
    sayGone(any().id().nodeId());
  }

  private void sayGone(int node) {
    for (SimulatedReplica one : world.replicas) {
      if (random.nextInt(4) > 0) {
        one.call(rules -> rules.onMemberGone(one.callNowMs(), node));
      }
    }
  }

  private void transfer() {
    VoterId to = any().id();
    for (SimulatedReplica one : world.replicas) {
      one.call(rules -> rules.transferTo(one.callNowMs(), to));
    }
  }

  /** Also takes the vote from voters that are well, the leader among them. */
  private void changeVoters() {
    for (int left = 1 + random.nextInt(3); left > 0; left--) {
      SimulatedReplica one = any();
      if (!one.isDamaged()) {
        changeVoter(one.id());
      }
    }
  }

  private void changeVoter(VoterId which) {
    for (SimulatedReplica one : world.replicas) {
      one.call(
          rules -> {
            if (rules.voters().contains(which) && rules.voters().size() > 1) {
              if (world.mayRemove(which, rules)) {
                world.trace(one.id(), "removes", which);
                rules.removeVoter(which);
              }
            } else {
              world.trace(one.id(), "adds", which);
              rules.addVoter(which);
            }
          });
    }
  }

  private void snapshot() {
    any().takeSnapshot();
  }
}
