package io.millrace.replication.simulation;

import io.millrace.metadata.PartitionImage;
import java.util.function.BooleanSupplier;

/**
 * Longer stories that chance alone would hardly ever tell.
 *
 * <p>Owner: the simulation's thread.
 */
final class ReplicationScripts {
  private static final int TURNS = 4;
  private static final int AGAIN_MS = 30;

  private final SimulatedCluster world;
  private final ReplicationFaults faults;

  ReplicationScripts(SimulatedCluster world, ReplicationFaults faults) {
    this.world = world;
    this.faults = faults;
  }

  private void when(BooleanSupplier holds, Runnable then) {
    faults.after(
        AGAIN_MS,
        () -> {
          if (holds.getAsBoolean()) {
            then.run();
          } else {
            when(holds, then);
          }
        });
  }

  // ---- Two lead in turn

  /**
   * Two replicas lead in turn, each without what the other wrote, while too few are in sync: their
   * logs part more than once. In the end what only the last one has counts as committed.
   */
  void leadInTurn() {
    leadInTurn(TURNS, 1);
  }

  private void leadInTurn(int turns, int node) {
    SimulatedBroker one = world.broker(node);
    SimulatedBroker other = world.broker(3 - node);
    if (turns == 0) {
      world.controller.setMinInsyncReplicas(1);
      faults.startLater(one, 100);
      return;
    }
    if (turns == TURNS) {
      world.controller.setMinInsyncReplicas(2);
    }
    faults.crash(other);
    world.controller.lose(other.id);
    if (!one.isUp()) {
      faults.start(one);
    }
    when(
        one::leads,
        () -> {
          one.produce(false);
          faults.after(60, () -> leadInTurn(turns - 1, 3 - one.id));
        });
  }

  // ---- Another one leads, who knows less of the epochs

  /**
   * A leader writes what nobody else gets, and goes. Of the epochs that follow, compaction removes
   * the first batches; whoever copies the log after that leads when the first one is back.
   */
  void copyWhatIsCompacted() {
    world.controller.setMinInsyncReplicas(1);
    when(
        () ->
            world.brokers.stream().anyMatch(SimulatedBroker::leads) && partition().isr().size() > 2,
        () ->
            world.brokers.stream()
                .filter(SimulatedBroker::leads)
                .findFirst()
                .ifPresent(this::writeAlone));
  }

  private PartitionImage partition() {
    return SimulatedController.partition(world.controller.committed());
  }

  private void writeAlone(SimulatedBroker first) {
    faults.isolate(first.id);
    for (int left = 1 + world.random().nextInt(3); left > 0; left--) {
      first.produce(false);
    }
    faults.after(
        80,
        () -> {
          faults.crash(first);
          world.network.mend();
          world.controller.lose(first.id);
          when(
              () -> partition().leader() != first.id && leader() != null,
              () -> goOn(first, leader(), 12));
        });
  }

  /** null = nobody leads. */
  private SimulatedBroker leader() {
    int leader = partition().leader();
    return leader > 0 && world.broker(leader).leads() ? world.broker(leader) : null;
  }

  private void goOn(SimulatedBroker first, SimulatedBroker second, int batches) {
    second.run(second.process(), () -> second.produce(false));
    if (batches > 0) {
      world.after(4, () -> goOn(first, second, batches - 1));
      return;
    }
    when(
        () -> partition().isr().size() > 1,
        () -> {
          SimulatedBroker third = world.broker(6 - first.id - second.id);
          second.sync();
          second.run(second.process(), second::compact);
          second.run(second.process(), second::compact);
          third.wipe();
          world.trace(third.id, "is wiped", "");
          world.controller.lose(third.id);
          faults.start(third);
          when(
              () ->
                  third.isRegistered()
                      && partition().isr().contains(third.id)
                      && third.log.endOffset() > 0,
              () -> leadAfter(first, second, third));
        });
  }

  private void leadAfter(SimulatedBroker first, SimulatedBroker second, SimulatedBroker third) {
    faults.crash(second);
    world.controller.lose(second.id);
    if (!first.isUp()) {
      faults.start(first);
    }
    when(third::leads, () -> faults.startLater(second, 200));
  }
}
