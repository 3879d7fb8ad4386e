package io.millrace.coordinator.transaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.coordinator.shard.CoordinatorRecord;
import io.millrace.coordinator.shard.Decision;
import io.millrace.coordinator.shard.Reply;
import io.millrace.coordinator.shard.Timers;
import io.millrace.model.TopicPartition;
import io.millrace.model.TransactionMarker;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTopic;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTransaction;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData.AddPartitionsToTxnResult;
import org.apache.kafka.common.message.EndTxnRequestData;
import org.apache.kafka.common.message.EndTxnResponseData;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.coordinator.transaction.generated.TransactionLogKey;
import org.apache.kafka.coordinator.transaction.generated.TransactionLogValue;

/**
 * A shard with the log, the clock and the markers around it: what the runtime does, without
 * waiting. Records are committed at once unless {@link #holdCommits} says otherwise.
 */
final class TransactionFixture implements MarkerWriter {
  static final String ID = "id";
  static final int TIMEOUT_MS = 60_000;
  static final TransactionConfig CONFIG =
      new TransactionConfig(900_000, 604_800_000, 3_600_000, true, 1_000, 32);

  /** A request's reply, whenever it comes. */
  static final class Awaited<R> implements Reply<R> {
    private R value;
    private Errors failure;

    @Override
    public void complete(R answer) {
      assertThat(isDone()).as("second answer").isFalse();
      value = answer;
    }

    @Override
    public void fail(Errors error, String message) {
      assertThat(isDone()).as("second answer").isFalse();
      failure = error;
    }

    boolean isDone() {
      return value != null || failure != null;
    }

    /** null = there is none yet, or it failed. */
    R value() {
      return value;
    }

    /** null = it did not fail. */
    Errors failure() {
      return failure;
    }
  }

  /** Markers that the shard wants written. */
  record Ordered(TransactionMarker marker, Set<TopicPartition> partitions) {}

  private record Timer(long atMs, int order, Supplier<Decision> onExpired) {}

  private record Uncommitted(int endOffset, Decision decision) {}

  /** The clock and what it will do for one shard. */
  private final class ManualTimers implements Timers {
    private final Map<String, Timer> byKey = new HashMap<>();
    private int order;

    @Override
    public void schedule(String key, long delayMs, Supplier<Decision> onExpired) {
      byKey.put(key, new Timer(nowMs + Math.max(0, delayMs), order++, onExpired));
    }

    @Override
    public void cancel(String key) {
      byKey.remove(key);
    }

    @Override
    public long nowMs() {
      return nowMs;
    }

    private Map.Entry<String, Timer> nextUntil(long endMs) {
      return byKey.entrySet().stream()
          .filter(entry -> entry.getValue().atMs <= endMs)
          .min(
              Comparator.comparingLong((Map.Entry<String, Timer> entry) -> entry.getValue().atMs)
                  .thenComparingInt(entry -> entry.getValue().order))
          .orElse(null);
    }
  }

  private final TransactionConfig config;
  final List<CoordinatorRecord> log = new ArrayList<>();
  final Map<String, Ordered> ordered = new LinkedHashMap<>();
  private final ArrayDeque<Uncommitted> uncommitted = new ArrayDeque<>();
  private ManualTimers timers;
  TransactionShard shard;
  long nowMs = 1_000_000;
  long nextProducerId = 1;
  int transactionVersion = 2;
  int coordinatorEpoch = 7;
  int orders;
  private int committed;
  private boolean held;
  private Errors nextRefusal = Errors.NONE;

  TransactionFixture() {
    this(CONFIG);
  }

  TransactionFixture(TransactionConfig config) {
    this.config = config;
    load();
  }

  private void load() {
    timers = new ManualTimers();
    shard =
        new TransactionShard(
            3, timers, config, () -> coordinatorEpoch, () -> transactionVersion, this);
    log.forEach(shard::replay);
    shard.onLoaded(null);
  }

  // ---- the runtime

  /** What is decided from now on stays uncommitted. */
  void holdCommits() {
    held = true;
  }

  /** Everything is committed, now and from now on. */
  void commit() {
    held = false;
    committed = log.size();
    releaseCommitted();
  }

  private void releaseCommitted() {
    while (!uncommitted.isEmpty() && uncommitted.peek().endOffset <= committed) {
      uncommitted.poll().decision.release();
    }
  }

  /** The commit takes too long: replies are refused, while the records stay. */
  void timeOutCommits() {
    List<Uncommitted> late = new ArrayList<>(uncommitted);
    uncommitted.clear();
    late.forEach(one -> one.decision.refuse(Errors.COORDINATOR_NOT_AVAILABLE));
  }

  /** The next decision with records is refused before it is appended. */
  void refuseNext(Errors error) {
    nextRefusal = error;
  }

  /** Records that are not committed. */
  int uncommittedRecords() {
    return log.size() - committed;
  }

  /** Some more records are committed. */
  void commitSome(int records) {
    committed = Math.min(log.size(), committed + records);
    releaseCommitted();
  }

  /** The node is gone, with what is not committed, and another takes over. */
  void failOver() {
    failOver(0);
  }

  /**
   * The node is gone, and another takes over.
   *
   * @param kept records above the committed ones that it has
   */
  void failOver(int kept) {
    shard.onUnloaded(Errors.NOT_COORDINATOR);
    while (log.size() > committed + kept) {
      log.remove(log.size() - 1);
    }
    List<Uncommitted> lost = new ArrayList<>(uncommitted);
    uncommitted.clear();
    lost.forEach(one -> one.decision.refuse(Errors.NOT_COORDINATOR));
    ordered.clear();
    coordinatorEpoch++;
    load();
  }

  <R> Awaited<R> ask(Function<Reply<R>, Decision> command) {
    Awaited<R> reply = new Awaited<>();
    carryOut(command.apply(reply));
    return reply;
  }

  private void carryOut(Decision decision) {
    if (!decision.records().isEmpty() && nextRefusal != Errors.NONE) {
      Errors error = nextRefusal;
      nextRefusal = Errors.NONE;
      decision.refuse(error);
      return;
    }
    for (CoordinatorRecord record : decision.records()) {
      CoordinatorRecord written = throughBytes(record);
      log.add(written);
      shard.replay(written);
    }
    if (!held) {
      committed = log.size();
    }
    uncommitted.add(new Uncommitted(log.size(), decision));
    releaseCommitted();
  }

  private static CoordinatorRecord throughBytes(CoordinatorRecord record) {
    if (record.value() == null) {
      return record;
    }
    TransactionLogValue value = new TransactionLogValue();
    value.read(
        MessageUtil.toByteBufferAccessor(record.value(), record.valueVersion()),
        record.valueVersion());
    return new CoordinatorRecord(record.key(), value, record.valueVersion());
  }

  /** Lets time pass, and timers expire in their order. */
  void advance(long ms) {
    long endMs = nowMs + ms;
    for (Map.Entry<String, Timer> next = timers.nextUntil(endMs);
        next != null;
        next = timers.nextUntil(endMs)) {
      timers.byKey.remove(next.getKey());
      nowMs = Math.max(nowMs, next.getValue().atMs);
      carryOut(next.getValue().onExpired.get());
    }
    nowMs = endMs;
  }

  // ---- markers

  @Override
  public void write(
      int shardPartition,
      String transactionalId,
      TransactionMarker marker,
      Set<TopicPartition> partitions) {
    assertThat(shardPartition).isEqualTo(3);
    assertThat(partitions).isNotEmpty();
    assertThat(
            log.subList(0, committed).stream()
                .anyMatch(one -> decides(one, transactionalId, marker)))
        .as("the decision is committed before its markers are written: %s", marker)
        .isTrue();
    orders++;
    ordered.put(transactionalId, new Ordered(marker, partitions));
  }

  private static boolean decides(
      CoordinatorRecord record, String transactionalId, TransactionMarker marker) {
    TransactionLogKey key = (TransactionLogKey) record.key();
    if (!key.transactionalId().equals(transactionalId) || record.value() == null) {
      return false;
    }
    Transaction decided = TransactionRecords.read(key, (TransactionLogValue) record.value());
    return decided.producerId() == marker.producerId()
        && decided.producerEpoch() == marker.producerEpoch()
        && decided.state()
            == (marker.commits()
                ? TransactionState.PREPARE_COMMIT
                : TransactionState.PREPARE_ABORT);
  }

  @Override
  public void stop(int shardPartition) {
    ordered.clear();
  }

  TransactionMarker marker() {
    return ordered.get(ID).marker;
  }

  /** All partitions have the marker. */
  void written(String transactionalId) {
    Ordered done = ordered.remove(transactionalId);
    report(transactionalId, done.marker, done.partitions);
  }

  Awaited<Errors> report(
      String transactionalId, TransactionMarker marker, Set<TopicPartition> partitions) {
    return ask(
        reply ->
            shard.markersWritten(
                transactionalId, marker.producerId(), marker.producerEpoch(), partitions, reply));
  }

  // ---- producers

  static TopicPartition partition(String text) {
    int dash = text.lastIndexOf('-');
    return new TopicPartition(text.substring(0, dash), Integer.parseInt(text.substring(dash + 1)));
  }

  static Set<TopicPartition> partitions(String... texts) {
    return Arrays.stream(texts).map(TransactionFixture::partition).collect(Collectors.toSet());
  }

  Awaited<InitProducerIdResponseData> init(InitProducerIdRequestData request, short version) {
    return ask(reply -> shard.initProducerId(request, version, nextProducerId++, reply));
  }

  static InitProducerIdRequestData initRequest() {
    return new InitProducerIdRequestData()
        .setTransactionalId(ID)
        .setTransactionTimeoutMs(TIMEOUT_MS);
  }

  /** A new instance begins. */
  Awaited<InitProducerIdResponseData> init() {
    return init(initRequest(), (short) 6);
  }

  /** A producer goes on after an error. */
  Awaited<InitProducerIdResponseData> init(long producerId, int epoch) {
    return init(initRequest().setProducerId(producerId).setProducerEpoch((short) epoch), (short) 6);
  }

  static AddPartitionsToTxnTransaction addRequest(
      long producerId, int epoch, boolean verifyOnly, String... partitions) {
    AddPartitionsToTxnTransaction request =
        new AddPartitionsToTxnTransaction()
            .setTransactionalId(ID)
            .setProducerId(producerId)
            .setProducerEpoch((short) epoch)
            .setVerifyOnly(verifyOnly);
    Map<String, List<Integer>> topics = new TreeMap<>();
    for (String one : partitions) {
      TopicPartition partition = partition(one);
      topics
          .computeIfAbsent(partition.topic(), topic -> new ArrayList<>())
          .add(partition.partition());
    }
    topics.forEach(
        (name, indexes) ->
            request
                .topics()
                .add(new AddPartitionsToTxnTopic().setName(name).setPartitions(indexes)));
    return request;
  }

  /** Partitions join as those of version 2 do: their leaders ask. */
  Awaited<AddPartitionsToTxnResult> add(long producerId, int epoch, String... partitions) {
    return add(5, addRequest(producerId, epoch, false, partitions));
  }

  Awaited<AddPartitionsToTxnResult> verify(long producerId, int epoch, String... partitions) {
    return add(5, addRequest(producerId, epoch, true, partitions));
  }

  Awaited<AddPartitionsToTxnResult> add(int version, AddPartitionsToTxnTransaction request) {
    return ask(reply -> shard.addPartitions(request, (short) version, true, reply));
  }

  Awaited<EndTxnResponseData> end(int version, long producerId, int epoch, boolean commits) {
    return ask(
        reply ->
            shard.endTxn(
                new EndTxnRequestData()
                    .setTransactionalId(ID)
                    .setProducerId(producerId)
                    .setProducerEpoch((short) epoch)
                    .setCommitted(commits),
                (short) version,
                nextProducerId++,
                reply));
  }

  Awaited<EndTxnResponseData> commit(long producerId, int epoch) {
    return end(5, producerId, epoch, true);
  }

  Awaited<EndTxnResponseData> abort(long producerId, int epoch) {
    return end(5, producerId, epoch, false);
  }

  // ---- answers as text

  static String begun(Awaited<InitProducerIdResponseData> reply) {
    if (reply.value == null) {
      return text(reply);
    }
    InitProducerIdResponseData value = reply.value;
    return value.errorCode() == 0
        ? value.producerId() + " " + value.producerEpoch()
        : Errors.forCode(value.errorCode()).name();
  }

  static String ended(Awaited<EndTxnResponseData> reply) {
    if (reply.value == null) {
      return text(reply);
    }
    EndTxnResponseData value = reply.value;
    return value.errorCode() == 0
        ? value.producerId() + " " + value.producerEpoch()
        : Errors.forCode(value.errorCode()).name();
  }

  /** The errors of the partitions in their order; one word if they are all the same. */
  static String added(Awaited<AddPartitionsToTxnResult> reply) {
    if (reply.value == null) {
      return text(reply);
    }
    List<String> errors = new ArrayList<>();
    reply
        .value
        .topicResults()
        .forEach(
            topic ->
                topic
                    .resultsByPartition()
                    .forEach(one -> errors.add(Errors.forCode(one.partitionErrorCode()).name())));
    return errors.stream().distinct().count() == 1 ? errors.get(0) : String.join(" ", errors);
  }

  private static String text(Awaited<?> reply) {
    return reply.failure == null ? "waits" : "failed " + reply.failure;
  }

  Transaction transaction() {
    return shard.get(ID);
  }

  TransactionState state() {
    return transaction().state();
  }

  /** Gives the producer an epoch near the end, as if it had worked for long. */
  void setEpoch(int epoch) {
    setEpoch(ID, epoch);
  }

  void setEpoch(String transactionalId, int epoch) {
    Transaction now = shard.get(transactionalId);
    carryOut(
        new Decision()
            .append(
                TransactionRecords.of(
                    now.begun(
                        now.producerId(),
                        (short) epoch,
                        (short) (epoch - 1),
                        now.timeoutMs(),
                        nowMs),
                    transactionVersion)));
  }
}
