package io.millrace.it;

import io.millrace.it.TransactionCheck.Copy;
import io.millrace.it.TransactionLedger.Fate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;

/**
 * The transactions of a run: writers, of whose producers some are killed or fenced, a reader of
 * what they commit, and a copier to another topic; each partition has another node as its leader.
 *
 * <p>Owner: the test's thread.
 */
final class ChaosTransactions implements AutoCloseable {
  static final int PARTITIONS = 3;
  private static final int WRITERS = 3;
  private static final Map<String, ?> COMMITTED =
      Map.of("isolation.level", "read_committed", "check.crcs", true);

  private final Clients clients;
  private final String topic;
  private final String copies;
  private final List<TopicPartition> partitions;
  private final TransactionLedger ledger = new TransactionLedger();
  private final List<TransactionWriter> writers = new ArrayList<>();
  private final TransactionReader reader;
  private final TransactionCopier copier;
  private int copied;

  /** Creates two topics and starts to work at once. */
  ChaosTransactions(ChaosScene scene, String prefix) throws Exception {
    clients = scene.clients();
    topic = prefix + "-txn";
    copies = prefix + "-copy";
    partitions = partitions(topic, PARTITIONS);
    scene.createSpread(topic, PARTITIONS);
    scene.createSpread(copies, PARTITIONS);
    for (int i = 0; i < WRITERS; i++) {
      writers.add(
          new TransactionWriter(
              clients,
              prefix + "-writer-" + i,
              topic,
              PARTITIONS,
              new Random(scene.random().nextLong()),
              ledger,
              scene::note));
    }
    reader = new TransactionReader(clients, partitions);
    copier =
        new TransactionCopier(
            clients,
            prefix + "-copier",
            partitions,
            copies,
            new Random(scene.random().nextLong()),
            scene::note);
  }

  private static List<TopicPartition> partitions(String topic, int count) {
    return IntStream.range(0, count).mapToObj(i -> new TopicPartition(topic, i)).toList();
  }

  List<String> topics() {
    return List.of(topic, copies);
  }

  /** Waits until each writer has committed so many more transactions. */
  void awaitMore(int count, Duration within) {
    List<Integer> targets = writers.stream().map(writer -> writer.committed() + count).toList();
    Await.until(
        () -> count + " more transactions of each of " + writers,
        within,
        () ->
            IntStream.range(0, WRITERS)
                .allMatch(i -> writers.get(i).committed() >= targets.get(i)));
  }

  /** The longest time without a commit, of the worst writer. */
  ChaosGaps.Gap longestGap(long fromNs, long toNs) {
    return writers.stream()
        .map(writer -> writer.gaps().longest(fromNs, toNs))
        .max((one, other) -> one.length().compareTo(other.length()))
        .orElseThrow();
  }

  String evidence() {
    return "%d transactions committed, %d not (%d fenced), %d unknown, %d records copied"
        .formatted(
            ledger.count(Fate.COMMITTED),
            ledger.count(Fate.NOT_COMMITTED),
            ledger.countFenced(),
            ledger.count(Fate.UNKNOWN),
            copied);
  }

  /** Ends the work; what is wrong with what came of it, empty = nothing. */
  List<String> finish(Duration patience) {
    List<String> problems = new ArrayList<>();
    writers.forEach(TransactionWriter::finish);
    copier.finish();
    boolean isOver =
        holds(
            problems,
            patience,
            () -> "the last transactions are committed, by " + writers,
            () -> writers.stream().allMatch(TransactionWriter::isFinished));
    isOver &= awaitNothingOpen(problems, patience, partitions);
    if (isOver) {
      Map<TopicPartition, Long> ends = ends(partitions, IsolationLevel.READ_COMMITTED);
      holds(problems, patience, () -> reader + " reads up to " + ends, () -> reader.isAt(ends));
      holds(problems, patience, () -> copier + " copies up to " + ends, () -> copier.isAt(ends));
    }
    close();
    awaitNothingOpen(problems, patience, partitions(copies, PARTITIONS));
    awaitNothingOpen(
        problems, patience, partitions("__consumer_offsets", ChaosScene.INTERNAL_PARTITIONS));
    problems.addAll(check());
    return problems;
  }

  private static boolean holds(
      List<String> problems, Duration patience, Supplier<String> what, BooleanSupplier condition) {
    try {
      Await.until(what, patience, condition);
      return true;
    } catch (AssertionError e) {
      problems.add(e.getMessage());
      return false;
    }
  }

  /** No transaction hangs: each last stable offset reaches the high watermark of before. */
  private boolean awaitNothingOpen(
      List<String> problems, Duration patience, List<TopicPartition> of) {
    Map<TopicPartition, Long> ends = ends(of, IsolationLevel.READ_UNCOMMITTED);
    Map<TopicPartition, Long> stable = new HashMap<>();
    return holds(
        problems,
        patience,
        () -> "the last stable offsets " + stable + " reach the high watermarks " + ends,
        () -> {
          stable.clear();
          stable.putAll(ends(of, IsolationLevel.READ_COMMITTED));
          return ends.entrySet().stream()
              .allMatch(end -> stable.get(end.getKey()) >= end.getValue());
        });
  }

  private Map<TopicPartition, Long> ends(List<TopicPartition> of, IsolationLevel isolation) {
    Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
    of.forEach(partition -> latest.put(partition, OffsetSpec.latest()));
    try {
      Map<TopicPartition, Long> ends = new HashMap<>();
      Clients.await(
              clients
                  .admin()
                  .listOffsets(latest, new ListOffsetsOptions(isolation))
                  .all()
                  .toCompletionStage()
                  .toCompletableFuture())
          .forEach((partition, answer) -> ends.put(partition, answer.offset()));
      return ends;
    } catch (Exception e) {
      throw new AssertionError("offsets of " + of + ": " + e, e);
    }
  }

  private List<String> check() {
    List<String> problems = new ArrayList<>(ledger.violations());
    TransactionCheck check =
        new TransactionCheck(
            ledger,
            partitions.stream().map(TopicPartition::toString).toList(),
            TransactionWriter.SEQUENCES);
    List<TransactionRecord> committed = records(COMMITTED);
    problems.addAll(check.ofCommitted(committed));
    problems.addAll(check.ofUncommitted(records(Map.of())));
    Map<String, List<TransactionRecord>> now = byPlace(committed);
    byPlace(reader.seen())
        .forEach(
            (place, then) -> {
              if (!then.equals(now.get(place))) {
                problems.add(
                    "who reads %s now sees %s, but who read it meanwhile saw %s"
                        .formatted(
                            place,
                            without(now.getOrDefault(place, List.of()), then),
                            without(then, now.getOrDefault(place, List.of()))));
              }
            });
    problems.addAll(checkCopies(now));
    return problems;
  }

  /** What one has that the other has not; at most a few. */
  private static List<TransactionRecord> without(
      List<TransactionRecord> one, List<TransactionRecord> other) {
    return one.stream().filter(record -> !other.contains(record)).limit(5).toList();
  }

  private List<TransactionRecord> records(Map<String, ?> config) {
    return clients.consumeAll(topic, config).stream().map(TransactionRecord::of).toList();
  }

  private static Map<String, List<TransactionRecord>> byPlace(List<TransactionRecord> records) {
    return grouped(records, TransactionRecord::place);
  }

  private static <T, K> Map<K, List<T>> grouped(List<T> all, Function<T, K> key) {
    Map<K, List<T>> grouped = new HashMap<>();
    all.forEach(one -> grouped.computeIfAbsent(key.apply(one), k -> new ArrayList<>()).add(one));
    return grouped;
  }

  private List<String> checkCopies(Map<String, List<TransactionRecord>> originals) {
    List<ConsumerRecord<byte[], byte[]>> all = clients.consumeAll(copies, COMMITTED);
    copied = all.size();
    Map<Integer, List<ConsumerRecord<byte[], byte[]>>> byPartition =
        grouped(all, ConsumerRecord::partition);
    List<String> problems = new ArrayList<>();
    for (TopicPartition partition : partitions) {
      List<Copy> of =
          byPartition.getOrDefault(partition.partition(), List.of()).stream()
              .map(TransactionCopier::copyOf)
              .toList();
      List<Long> offsets =
          originals.getOrDefault(partition.toString(), List.of()).stream()
              .map(TransactionRecord::offset)
              .toList();
      problems.addAll(TransactionCheck.ofCopy(partition.toString(), offsets, of));
    }
    return problems;
  }

  @Override
  public void close() {
    writers.forEach(TransactionWriter::close);
    reader.close();
    copier.close();
  }
}
