package io.millrace.quorum.state;

import io.millrace.model.VoterId;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One node of a simulation: the rules, its disk, and a driver that does what {@link Ready} says.
 *
 * <p>Owner: the simulation's thread.
 */
final class SimulatedReplica {
  private final SimulatedQuorum world;
  private VoterId id;
  private final Set<VoterId> initialVoters;
  private SimulatedDisk disk;

  /** null = the node is down. */
  private QuorumRules rules;

  /** What was scheduled for an earlier run means nothing any more. */
  private int run;

  private ReplicatedState state = ReplicatedState.EMPTY;
  private Ready.Write writing;
  private final Map<Long, Long> reads = new HashMap<>();
  private final List<Runnable> afterPause = new ArrayList<>();
  private boolean paused;
  private boolean damaged;
  boolean diskFull;

  /** No write ends before it goes on. */
  private boolean diskHangs;

  private Runnable hanging;
  private long writingSinceMs;
  private long nextTickMs = Long.MAX_VALUE;

  /** Each node's clock began at another moment. */
  private final long clockOffsetMs;

  SimulatedReplica(SimulatedQuorum world, VoterId id, Set<VoterId> initialVoters) {
    this.world = world;
    this.id = id;
    this.initialVoters = initialVoters;
    this.disk = new SimulatedDisk(initialVoters, world.random().nextInt(100));
    this.clockOffsetMs = world.random().nextInt(1_000_000);
  }

  VoterId id() {
    return id;
  }

  /** null = the node is down. */
  QuorumRules rules() {
    return rules;
  }

  boolean isUp() {
    return rules != null;
  }

  boolean isDamaged() {
    return damaged;
  }

  boolean isPaused() {
    return paused;
  }

  /**
   * Who votes, as its log says, as its disk says after a crash, and as is committed; nothing if it
   * has no voice in that.
   */
  List<Set<VoterId>> knownVoters() {
    if (damaged) {
      return List.of();
    }
    Set<VoterId> onDisk = new ReplicaLog(disk.stored(), 0).voters().current().ids();
    return rules == null || rules.role() == QuorumRules.Role.FAILED
        ? List.of(onDisk, state.voters())
        : List.of(onDisk, state.voters(), rules.voters());
  }

  long appliedEnd() {
    return state.end();
  }

  private long nowMs() {
    return world.nowMs() + clockOffsetMs;
  }

  // ---- Life

  void start() {
    run++;
    writing = null;
    paused = false;
    afterPause.clear();
    reads.clear();
    nextTickMs = Long.MAX_VALUE;
    diskHangs = false;
    hanging = null;
    if (damaged) {
      // The voter is silent; beside it the node reads everything anew, as a learner of that run.
      id = world.newId(id.nodeId());
      disk = new SimulatedDisk(initialVoters, world.random().nextInt(100));
      world.trace(id, "takes the place of", "its damaged voter");
    }
    rules = new QuorumRules(id, world.timing, disk.stored(), world.random(), nowMs());
    state = disk.snapshotState();
    world.invariants.onSnapshot(disk.snapshot(), state);
    rules.onPeers(world.ids());
    act();
    if (damaged) {
      world.tellPeers();
    }
  }

  void crash() {
    if (writing != null && !damaged) {
      disk.writePartly(writing, world.random());
    }
    run++;
    rules = null;
    writing = null;
    paused = false;
  }

  /** Log or vote cannot be read any more, and nothing is ever said under this id again. */
  void damage() {
    damaged = true;
  }

  /** The disk is replaced; the node must be down. */
  void wipe(VoterId newId) {
    id = newId;
    damaged = false;
    state = ReplicatedState.EMPTY;
    disk = new SimulatedDisk(Set.of(), world.random().nextInt(100));
  }

  void pause() {
    paused = true;
  }

  /** The process can be killed meanwhile, and finds a disk that is well. */
  void hangDisk() {
    diskHangs = true;
  }

  void unhangDisk() {
    diskHangs = false;
    if (hanging != null) {
      Runnable ended = hanging;
      hanging = null;
      ended.run();
    }
  }

  void resume() {
    paused = false;
    List<Runnable> waited = new ArrayList<>(afterPause);
    afterPause.clear();
    waited.forEach(Runnable::run);
  }

  /** Does it now, or after the pause; never in another run. */
  private Runnable inThisRun(Runnable task) {
    int started = run;
    return new Runnable() {
      @Override
      public void run() {
        if (SimulatedReplica.this.run != started) {
          return;
        }
        if (paused) {
          afterPause.add(this);
          return;
        }
        task.run();
        act();
      }
    };
  }

  private void later(long delayMs, Runnable task) {
    world.at(world.nowMs() + delayMs, inThisRun(task));
  }

  // ---- What happens to it

  void deliver(Message message) {
    if (rules != null) {
      inThisRun(
              () -> {
                world.trace(id, "gets", message);
                rules.step(nowMs(), message);
              })
          .run();
    }
  }

  /** Something is done to the rules by the operator, a client or the membership. */
  void call(java.util.function.Consumer<QuorumRules> what) {
    if (rules != null && !paused) {
      what.accept(rules);
      act();
    }
  }

  long callNowMs() {
    return nowMs();
  }

  void read() {
    if (rules != null && !paused) {
      long ticket = rules.readIndex();
      if (ticket >= 0) {
        reads.put(ticket, world.invariants.committedEnd());
      }
      act();
    }
  }

  void takeSnapshot() {
    if (rules != null
        && !paused
        && writing == null
        && rules.role() != QuorumRules.Role.FAILED
        && state.end() > disk.snapshot().endOffset()) {
      SnapshotId snapshot = new SnapshotId(state.end(), rules.termBefore(state.end()));
      world.trace(id, "takes", snapshot);
      disk.take(snapshot, state);
      rules.onSnapshotTaken(state.end());
      world.invariants.onSnapshot(snapshot, state);
      act();
    }
  }

  // ---- What it does

  private void act() {
    Ready ready = rules.ready();
    while (!ready.isEmpty()) {
      if (ready.write() != null) {
        write(ready.write());
      }
      if (!ready.committed().isEmpty()) {
        if (rules.role() == QuorumRules.Role.LEADER) {
          world.invariants.onCommittedByLeader(rules.term(), ready.committed());
          world.whenCommitted.accept(this);
        }
        state = world.invariants.onCommitted(rules.term(), state, ready.committed());
        if (world.random().nextBoolean()) {
          disk.noteCommitted(state.end());
        }
      }
      for (Message message : ready.messages()) {
        world.invariants.onSent(message, disk);
        world.send(message);
      }
      for (Ready.LogRead read : ready.logReads()) {
        later(world.readDelayMs(), () -> rules.onLogRead(nowMs(), read, disk.read(read)));
      }
      for (Ready.SnapshotRead read : ready.snapshotReads()) {
        later(world.random().nextInt(5), () -> readSnapshot(read));
      }
      for (Ready.Read read : ready.reads()) {
        long asked = reads.remove(read.ticket());
        if (read.end() >= 0) {
          world.invariants.onReadAnswered(asked, read.end());
          world.readsAnswered++;
        }
      }
      ready = rules.ready();
    }
    if (rules.role() == QuorumRules.Role.LEADER) {
      if (world.invariants.onLeader(id, rules)) {
        world.whenElected.accept(this);
      }
    }
    if (rules.committedEnd() != state.end() && rules.role() != QuorumRules.Role.FAILED) {
      throw new AssertionError(rules.committedEnd() + " is not delivered, but " + state.end());
    }
    scheduleTick();
  }

  private void scheduleTick() {
    long due = rules.nextTickMs();
    if (due != Long.MAX_VALUE) {
      due = due - clockOffsetMs + world.random().nextInt(10);
    }
    if (due < nextTickMs || nextTickMs <= world.nowMs()) {
      nextTickMs = due;
      if (due != Long.MAX_VALUE) {
        world.at(due, inThisRun(() -> onTick()));
      }
    }
  }

  private void onTick() {
    if (nextTickMs <= world.nowMs()) {
      nextTickMs = Long.MAX_VALUE;
      rules.tick(nowMs());
      world.invariants.onTick(rules, writing == null ? 0 : nowMs() - writingSinceMs, world.timing);
    }
  }

  private void readSnapshot(Ready.SnapshotRead read) {
    ByteBuffer data = disk.read(read.snapshot(), read.position(), world.chunkBytes);
    boolean last = data != null && disk.isLast(read.snapshot(), read.position(), data.remaining());
    rules.onSnapshotRead(nowMs(), read, data, last);
  }

  private void write(Ready.Write write) {
    writing = write;
    if (!write.append().isEmpty()) {
      if (rules.role() == QuorumRules.Role.LEADER) {
        world.invariants.onAppendByLeader(rules, write.append());
      }
      long base = write.append().get(0).baseOffset();
      world.invariants.onAppend(rules.termBefore(base), write.append());
    }
    writingSinceMs = nowMs();
    Runnable ended = inThisRun(() -> onWriteEnded(write));
    int started = run;
    world.at(
        world.nowMs() + world.diskDelayMs(),
        () -> {
          if (diskHangs && run == started) {
            hanging = ended;
          } else {
            ended.run();
          }
        });
  }

  private void onWriteEnded(Ready.Write write) {
    writing = null;
    world.trace(id, "has on its disk", write);
    if (write.chunk() != null) {
      if (world.random().nextInt(20) == 0) {
        rules.onSnapshotRefused(nowMs());
      } else if (disk.write(write.chunk())) {
        state = disk.snapshotState();
        world.invariants.onSnapshot(disk.snapshot(), state);
        rules.onSnapshotInstalled(nowMs(), state.voters());
        world.snapshotsInstalled++;
      } else {
        rules.onWritten(nowMs());
      }
    } else if (diskFull) {
      rules.onAppendFailed(nowMs(), disk.fail(write, world.random()));
    } else {
      disk.write(write);
      rules.onWritten(nowMs());
    }
  }

  void failDisk() {
    if (rules != null && !paused) {
      rules.onDiskFailed();
      act();
    }
  }
}
