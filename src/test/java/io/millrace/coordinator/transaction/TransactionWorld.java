package io.millrace.coordinator.transaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.coordinator.transaction.TransactionFixture.Ordered;
import io.millrace.model.TopicPartition;
import io.millrace.model.TransactionMarker;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.apache.kafka.common.protocol.Errors;

/**
 * A coordinator, three partitions, one with a shard of groups, and the producers of two
 * transactional ids, with everything that can go wrong between them, and what must hold whatever
 * does. The coordinator, the shard of groups and what logs know of producers are the real ones.
 */
final class TransactionWorld implements SimulatedProducer.World {
  private static final int SETTLING_ROUNDS = 400;

  private record InFlight(String transactionalId, TransactionMarker marker, TopicPartition to) {}

  private final Random random;
  private final TransactionFixture shard = new TransactionFixture();
  private final List<SimulatedPartition> partitions = new ArrayList<>();
  private final SimulatedOffsets offsets = new SimulatedOffsets(shard);
  private final Map<TopicPartition, TransactionParticipant> participants = new LinkedHashMap<>();
  private final List<SimulatedProducer> producers = new ArrayList<>();
  private final Map<String, Integer> instances = new HashMap<>();
  private final Map<String, SimulatedProducer.Begun> newestBegun = new HashMap<>();
  private final List<InFlight> markers = new ArrayList<>();
  private final List<InFlight> reports = new ArrayList<>();
  private final List<Runnable> duplicates = new ArrayList<>();
  private final int version;
  private final boolean patient;
  private int transactions;
  private final Map<Integer, Integer> acknowledged = new HashMap<>();
  private final Map<Integer, Boolean> ended = new HashMap<>();
  private final Map<String, SimulatedProducer> owners = new HashMap<>();
  private final Map<Long, String> idsOfProducerIds = new HashMap<>();
  private int events;
  private final Map<TransactionParticipant, Integer> deafUntilEvent = new HashMap<>();
  private int answeredEnds;
  private int changesChecked = -1;
  private String last = "";

  /**
   * Before anything has happened.
   *
   * @param version of transactions: 1 or 2
   * @param patient producers wait for as long as it takes
   */
  TransactionWorld(Random random, int version, boolean patient) {
    this.random = random;
    this.version = version;
    this.patient = patient;
    shard.transactionVersion = version;
    for (int i = 0; i < 3; i++) {
      partitions.add(new SimulatedPartition(shard, new TopicPartition("t", i)));
    }
    partitions.forEach(one -> participants.put(one.id(), one));
    participants.put(offsets.id(), offsets);
  }

  void newInstance(String id) {
    producers.add(
        new SimulatedProducer(
            this, id, instances.merge(id, 1, Integer::sum), version, newestBegun));
  }

  // ---- what producers report

  @Override
  public Random random() {
    return random;
  }

  @Override
  public TransactionFixture shard() {
    return shard;
  }

  @Override
  public List<SimulatedPartition> partitions() {
    return partitions;
  }

  @Override
  public SimulatedOffsets offsets() {
    return offsets;
  }

  @Override
  public boolean isPatient() {
    return patient || random.nextInt(30) > 0;
  }

  @Override
  public int newTransaction() {
    return ++transactions;
  }

  @Override
  public void duplicate(Runnable request) {
    duplicates.add(request);
  }

  @Override
  public void onBegun(SimulatedProducer producer) {
    newestBegun.merge(
        producer.transactionalId,
        new SimulatedProducer.Begun(producer.producerId, producer.epoch),
        (one, other) -> one.compareTo(other) > 0 ? one : other);
    SimulatedProducer owning = owners.put(producer.producerId + " " + producer.epoch, producer);
    assertThat(owning == null || owning == producer)
        .as("one producer for each producer id and epoch: %s and %s", owning, producer)
        .isTrue();
    String owner = idsOfProducerIds.put(producer.producerId, producer.transactionalId);
    assertThat(owner == null || owner.equals(producer.transactionalId))
        .as("producer ids are never reused: %s", producer)
        .isTrue();
  }

  @Override
  public void onAcknowledged(int transaction) {
    acknowledged.merge(transaction, 1, Integer::sum);
  }

  @Override
  public void onEnded(int transaction, boolean commits) {
    ended.put(transaction, commits);
    answeredEnds++;
  }

  // ---- what happens

  /** Runs a part of a test; what fails in it is shown with the state of everything. */
  void run(Runnable part) {
    try {
      part.run();
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError(
          "%s%nafter %s%n%s%n%s%n%s"
              .formatted(e.getMessage(), last, producers, participants.values(), shard.shard.all()),
          e);
    }
  }

  /** Two transactional ids; perhaps their epochs run out soon. */
  void begin() {
    boolean nearTheEnd = random.nextInt(3) == 0;
    for (String id : List.of("a", "b")) {
      if (nearTheEnd) {
        exhaust(id, random.nextInt(6));
      }
      newInstance(id);
    }
    if (random.nextInt(4) > 0) {
      shard.holdCommits();
    }
  }

  /** A transactional id whose epochs run out after this many. */
  void exhaust(String id, int left) {
    shard.init(TransactionFixture.initRequest().setTransactionalId(id), (short) 5);
    shard.setEpoch(id, Short.MAX_VALUE - 1 - left);
  }

  /** Something happens by chance. */
  void happenAndCheck() {
    happen();
    check();
  }

  /** What every part does in its turn while nothing goes wrong. */
  void turn(int number, int maxTransactions) {
    last = "turn " + number;
    switch (number % 6) {
      case 0 -> producers.forEach(one -> one.step(transactions < maxTransactions));
      case 1 -> shard.commitSome(1);
      case 2 -> participants.values().forEach(TransactionParticipant::step);
      case 3 -> sendMarker();
      case 4 -> deliverMarker();
      default -> {
        deliverReport();
        shard.advance(10);
      }
    }
    check();
  }

  boolean isDone(int maxTransactions) {
    return transactions >= maxTransactions && isAtRest();
  }

  /** Transactions of whose end a producer was told. */
  int endedTransactions() {
    return ended.size();
  }

  boolean hasNoProducers() {
    return producers.stream().allMatch(SimulatedProducer::isDead);
  }

  void failOver(boolean keeps) {
    shard.failOver(keeps ? shard.uncommittedRecords() : 0);
  }

  /** The producers are gone. */
  void killProducers() {
    producers.forEach(SimulatedProducer::die);
  }

  private void happen() {
    int what = random.nextInt(200);
    last = Integer.toString(what);
    events++;
    participants.values().stream()
        .filter(one -> deafUntilEvent.getOrDefault(one, 0) <= events)
        .forEach(TransactionParticipant::step);
    if (what < 90) {
      any(producers).step(true);
    } else if (what < 110) {
      sendMarker();
    } else if (what < 130) {
      deliverMarker();
    } else if (what < 145) {
      deliverReport();
    } else if (what < 165) {
      shard.commitSome(1 + random.nextInt(3));
    } else if (what < 170) {
      shard.advance(random.nextInt(700));
    } else if (what < 171) {
      shard.advance(TransactionFixture.TIMEOUT_MS + random.nextInt(1_000));
    } else if (what < 175) {
      shard.failOver(random.nextInt(shard.uncommittedRecords() + 1));
    } else if (what < 177) {
      shard.refuseNext(Errors.COORDINATOR_NOT_AVAILABLE);
    } else if (what < 179) {
      shard.timeOutCommits();
    } else if (what < 185) {
      if (!duplicates.isEmpty()) {
        duplicates.remove(random.nextInt(duplicates.size())).run();
      }
    } else if (what < 187) {
      any(producers).die();
    } else if (what < 189) {
      offsets.failOver();
    } else if (what < 190) {
      // The coordinator's answers take their time: producers give up, markers pass them.
      deafUntilEvent.put(any(List.copyOf(participants.values())), events + random.nextInt(400));
    } else if (what < 193) {
      newInstance(random.nextBoolean() ? "a" : "b");
    } else {
      producers.removeIf(SimulatedProducer::isDead);
      if (producers.isEmpty()) {
        newInstance("a");
        newInstance("b");
      }
    }
  }

  private <T> T any(List<T> all) {
    return all.get(random.nextInt(all.size()));
  }

  private void sendMarker() {
    if (!shard.ordered.isEmpty()) {
      String id = any(List.copyOf(shard.ordered.keySet()));
      Ordered order = shard.ordered.get(id);
      InFlight marker = new InFlight(id, order.marker(), any(List.copyOf(order.partitions())));
      // Version 1 cannot tell a marker that comes twice from that of the next transaction.
      if (version == 2 || (!markers.contains(marker) && !reports.contains(marker))) {
        markers.add(marker);
      }
    }
  }

  private void deliverMarker() {
    if (markers.isEmpty()) {
      return;
    }
    InFlight marker = markers.remove(random.nextInt(markers.size()));
    if (participants.get(marker.to).end(marker.marker)) {
      reports.add(marker);
    }
  }

  private void deliverReport() {
    if (!reports.isEmpty()) {
      InFlight report = reports.remove(random.nextInt(reports.size()));
      shard.report(report.transactionalId, report.marker, Set.of(report.to));
      Transaction now = shard.shard.get(report.transactionalId);
      if (now == null || !now.state().isPrepared()) {
        shard.ordered.remove(report.transactionalId);
      }
    }
  }

  // ---- what must hold

  /** All or nothing: no transaction is committed here and aborted there. */
  private void check() {
    int changes = answeredEnds;
    for (TransactionParticipant partition : participants.values()) {
      changes += partition.changes();
    }
    if (changes == changesChecked) {
      return;
    }
    changesChecked = changes;
    Map<Integer, Boolean> outcomes = new HashMap<>();
    for (TransactionParticipant partition : participants.values()) {
      for (SimulatedPartition.Entry entry : partition.entries()) {
        if (entry.committed == null) {
          continue;
        }
        Boolean other = outcomes.putIfAbsent(entry.transaction, entry.committed);
        assertThat(other == null || other.equals(entry.committed))
            .as("all or nothing: %s in %s", entry, partition.id())
            .isTrue();
        Boolean answered = ended.get(entry.transaction);
        assertThat(answered == null || answered.equals(entry.committed))
            .as("answered EndTxn is carried out: %s in %s", entry, partition.id())
            .isTrue();
      }
    }
    offsets.check();
  }

  /** Nothing goes wrong any more: everything ends as it must. */
  void comeToRest() {
    last += ", and at last " + producers;
    producers.removeIf(producer -> producer.isDead() || producer.isSucceeded());
    duplicates.clear();
    shard.commit();
    for (int round = 0; round < SETTLING_ROUNDS && !isAtRest(); round++) {
      producers.forEach(producer -> producer.step(false));
      participants.values().forEach(TransactionParticipant::step);
      for (String id : List.copyOf(shard.ordered.keySet())) {
        Ordered order = shard.ordered.get(id);
        order.partitions().forEach(to -> markers.add(new InFlight(id, order.marker(), to)));
      }
      for (InFlight one : new ArrayList<>(new HashSet<>(markers))) {
        if (participants.get(one.to).end(one.marker)) {
          reports.add(one);
        }
      }
      markers.clear();
      while (!reports.isEmpty()) {
        deliverReport();
      }
      shard.advance(round < SETTLING_ROUNDS / 2 ? 100 : 1_000);
      check();
    }
    assertThat(isAtRest()).as("no transaction hangs").isTrue();
    checkEnd();
  }

  private boolean isAtRest() {
    return producers.stream().allMatch(SimulatedProducer::isIdle)
        && participants.values().stream().noneMatch(one -> one.hasOpen() || one.isHolding())
        && shard.shard.all().stream().allMatch(one -> one.state().isAtRest());
  }

  /** What was acknowledged is there exactly if the transaction is said to be committed. */
  private void checkEnd() {
    Map<Integer, Integer> committed = new HashMap<>();
    for (TransactionParticipant partition : participants.values()) {
      // A commit of offsets that comes twice is there twice, and means the same.
      for (SimulatedPartition.Entry entry : new LinkedHashSet<>(partition.entries())) {
        committed.merge(entry.transaction, entry.committed ? 1 : 0, Integer::sum);
      }
    }
    ended.forEach(
        (transaction, commits) ->
            assertThat(committed.getOrDefault(transaction, 0))
                .as("records of transaction %d, committed: %s", transaction, commits)
                .isEqualTo(commits ? acknowledged.get(transaction) : 0));
  }
}
