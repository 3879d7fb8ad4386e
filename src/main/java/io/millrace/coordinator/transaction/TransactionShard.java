package io.millrace.coordinator.transaction;

import io.millrace.coordinator.shard.CoordinatorRecord;
import io.millrace.coordinator.shard.Decision;
import io.millrace.coordinator.shard.Reply;
import io.millrace.coordinator.shard.Shard;
import io.millrace.coordinator.shard.Timers;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.ImageDelta;
import io.millrace.model.TopicPartition;
import java.util.Collection;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import java.util.function.IntSupplier;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTransaction;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData.AddPartitionsToTxnResult;
import org.apache.kafka.common.message.DescribeTransactionsResponseData;
import org.apache.kafka.common.message.EndTxnRequestData;
import org.apache.kafka.common.message.EndTxnResponseData;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.message.ListTransactionsRequestData;
import org.apache.kafka.common.message.ListTransactionsResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.coordinator.transaction.generated.TransactionLogKey;
import org.apache.kafka.coordinator.transaction.generated.TransactionLogValue;

/**
 * The transactional ids of one partition of {@code __transaction_state}.
 *
 * <p>Replies complete with the answer as it is sent, its error code in it, and fail only when the
 * coordinator itself cannot serve (NOT_COORDINATOR, COORDINATOR_NOT_AVAILABLE, …), or with {@link
 * #NEEDS_PRODUCER_ID}. A command that meets a transaction which is being completed waits for that
 * for a while, see {@link TransactionConfig#waitMs()}, unless it must not.
 *
 * <p>Owner: partition loop.
 */
public final class TransactionShard implements Shard {
  /** No producer id is at hand. */
  public static final long NO_PRODUCER_ID = Transaction.NO_PRODUCER_ID;

  /**
   * A command needs a new producer id and was given none: it is to be asked again, with one. No
   * client is told.
   */
  public static final Errors NEEDS_PRODUCER_ID = Errors.UNKNOWN_PRODUCER_ID;

  private static final short FIRST_VERSION_OF_BROKERS = 4;
  private static final short FIRST_VERSION_WITH_ABORTABLE = 5;
  private static final short FIRST_VERSION_WITH_FENCED = 2;

  private final Transactions transactions = new Transactions();
  private final Timers timers;
  private final TransactionConfig config;
  private final IntSupplier transactionVersion;
  private final Waiting waiting;
  private final Endings endings;
  private final IdExpiry expiry;
  private final ProducerClients clients = new ProducerClients(transactions);

  /**
   * An empty shard.
   *
   * @param partition of {@code __transaction_state}
   * @param coordinatorEpoch the leader epoch of that partition
   * @param transactionVersion finalized level of {@code transaction.version}
   */
  public TransactionShard(
      int partition,
      Timers timers,
      TransactionConfig config,
      IntSupplier coordinatorEpoch,
      IntSupplier transactionVersion,
      MarkerWriter markers) {
    this.timers = timers;
    this.config = config;
    this.transactionVersion = transactionVersion;
    waiting = new Waiting(timers, config, this::draft);
    endings =
        new Endings(
            partition,
            transactions,
            timers,
            coordinatorEpoch,
            markers,
            this::draft,
            waiting,
            clients::of);
    expiry = new IdExpiry(transactions, config, timers);
  }

  private Draft draft(String transactionalId) {
    return new Draft(
        transactionalId,
        transactions.get(transactionalId),
        timers.nowMs(),
        transactionVersion.getAsInt());
  }

  private Decision attempt(String transactionalId, Attempt attempt) {
    Draft draft = draft(transactionalId);
    waiting.attempt(draft, attempt);
    return draft.decision();
  }

  // ---- commands

  /**
   * InitProducerId with a transactional id that is not empty.
   *
   * @param freshProducerId used by no one yet, lost if it is not needed; {@link #NO_PRODUCER_ID} =
   *     none at hand: the reply fails with {@link #NEEDS_PRODUCER_ID} if one is needed
   */
  public Decision initProducerId(
      InitProducerIdRequestData request,
      short version,
      long freshProducerId,
      Reply<InitProducerIdResponseData> reply) {
    return attempt(
        request.transactionalId(),
        new InitProducer(request, version, freshProducerId, config, endings, reply));
  }

  /**
   * AddPartitionsToTxn for one transaction, or its verification: the error of each partition. What
   * only some partitions lack (topics, authorization) is the handler's concern, as is Kafka's rule
   * that then none is added.
   *
   * @param version of AddPartitionsToTxn; from 4 on the request comes from a broker, and the
   *     producer speaks transaction version 2
   * @param waits false = CONCURRENT_TRANSACTIONS at once while the last transaction is being
   *     completed: others would wait for this answer
   */
  public Decision addPartitions(
      AddPartitionsToTxnTransaction request,
      short version,
      boolean waits,
      Reply<AddPartitionsToTxnResult> reply) {
    if (request.transactionalId().isEmpty()) {
      return new Decision().answer(reply, AddedPartitions.all(request, Errors.INVALID_REQUEST));
    }
    boolean ofBroker = version >= FIRST_VERSION_OF_BROKERS;
    AddPartitions.Question question =
        new AddPartitions.Question(
            request.producerId(),
            request.producerEpoch(),
            AddedPartitions.asked(request),
            ofBroker ? Transaction.VERSION_2 : 0);
    AddPartitions attempt =
        new AddPartitions(
            question,
            request.verifyOnly(),
            new AddedPartitions(
                request,
                version >= FIRST_VERSION_WITH_FENCED,
                version >= FIRST_VERSION_WITH_ABORTABLE,
                reply));
    if (waits) {
      return attempt(request.transactionalId(), attempt);
    }
    Draft draft = draft(request.transactionalId());
    Waiting.attemptNow(draft, attempt);
    return draft.decision();
  }

  /**
   * AddOffsetsToTxn: adds the partition of {@code __consumer_offsets} where the group's offsets
   * are. The answer is the error of the response.
   *
   * @param version of AddOffsetsToTxn
   */
  public Decision addOffsets(
      String transactionalId,
      long producerId,
      short producerEpoch,
      TopicPartition offsets,
      short version,
      Reply<Errors> reply) {
    if (transactionalId.isEmpty()) {
      return new Decision().answer(reply, Errors.INVALID_REQUEST);
    }
    return attempt(
        transactionalId,
        new AddPartitions(
            new AddPartitions.Question(producerId, producerEpoch, Set.of(offsets), (short) 0),
            false,
            new Reply<>() {
              @Override
              public void complete(AddPartitions.Outcome outcome) {
                reply.complete(
                    Fencing.named(outcome.error(), version >= FIRST_VERSION_WITH_FENCED));
              }

              @Override
              public void fail(Errors error, String message) {
                reply.fail(error, message);
              }
            }));
  }

  /**
   * EndTxn. The answer comes when the decision is durable; the partitions learn of it afterwards.
   *
   * @param freshProducerId as for {@link #initProducerId}; needed once in 32,767 transactions of
   *     version 2
   */
  public Decision endTxn(
      EndTxnRequestData request,
      short version,
      long freshProducerId,
      Reply<EndTxnResponseData> reply) {
    if (request.transactionalId().isEmpty()) {
      return new Decision()
          .answer(reply, new EndTxnResponseData().setErrorCode(Errors.INVALID_REQUEST.code()));
    }
    return attempt(
        request.transactionalId(),
        new EndTransaction(request, version, freshProducerId, endings, reply));
  }

  /** DescribeTransactions, of one id. */
  public Decision describe(
      String transactionalId, Reply<DescribeTransactionsResponseData.TransactionState> reply) {
    return new Decision()
        .answer(
            reply, TransactionViews.describe(transactionalId, transactions.get(transactionalId)));
  }

  /** ListTransactions, of the ids here. */
  public Decision list(
      ListTransactionsRequestData request, Reply<ListTransactionsResponseData> reply) {
    return new Decision()
        .answer(reply, TransactionViews.list(transactions.all(), request, timers.nowMs()));
  }

  /**
   * Which of the transactions that partitions have in progress belong to one that is not over here.
   * The answer has everything that was committed when it was asked for, by whoever leads; so what
   * is missing was over, or never there.
   */
  public Decision known(Collection<TakingPart> asked, Reply<Set<TakingPart>> reply) {
    return new Decision()
        .current()
        .answer(reply, KnownTransactions.among(asked, transactions.all()));
  }

  /**
   * Partitions have the marker of a transaction, or need none. The answer is NONE, also for what is
   * over already; if the reply fails, the report is not lost.
   *
   * @param producerId of the marker
   * @param producerEpoch of the marker
   */
  public Decision markersWritten(
      String transactionalId,
      long producerId,
      short producerEpoch,
      Collection<TopicPartition> done,
      Reply<Errors> reply) {
    return endings.onWritten(transactionalId, producerId, producerEpoch, done, reply);
  }

  /**
   * Notes who has asked for something by a request that is no InitProducerId.
   *
   * @param producerId in the request
   * @param producerEpoch in the request
   */
  public void noteClient(
      String transactionalId, long producerId, short producerEpoch, ProducerClient client) {
    clients.onRequest(transactionalId, producerId, producerEpoch, client);
  }

  /** Notes who has asked by InitProducerId, of which {@code decided} came. */
  public void noteClient(String transactionalId, Decision decided, ProducerClient client) {
    clients.onBegin(transactionalId, client, decided);
  }

  // ---- views

  /** From where the producer of an id last spoke to this coordinator; null = not known. */
  public ProducerClient client(String transactionalId) {
    return clients.of(transactionalId);
  }

  /** One transactional id; null = it is not known. */
  public Transaction get(String transactionalId) {
    return transactions.get(transactionalId);
  }

  /** All transactional ids here, which are not to be changed. */
  public Collection<Transaction> all() {
    return transactions.all();
  }

  /** How many ids are in each state. */
  public Map<TransactionState, Integer> countByState() {
    Map<TransactionState, Integer> counts = new EnumMap<>(TransactionState.class);
    transactions.all().forEach(one -> counts.merge(one.state(), 1, Integer::sum));
    return counts;
  }

  // ---- Shard

  @Override
  public void replay(CoordinatorRecord record) {
    TransactionLogKey key = (TransactionLogKey) record.key();
    if (record.value() == null) {
      transactions.remove(key.transactionalId());
      clients.remove(key.transactionalId());
      return;
    }
    Transaction transaction = TransactionRecords.read(key, (TransactionLogValue) record.value());
    transactions.put(transaction);
    endings.onReplayed(transaction);
  }

  @Override
  public void onLoaded(ClusterImage image) {
    endings.onLoaded();
    expiry.start();
  }

  @Override
  public Decision onImage(ImageDelta delta) {
    return new Decision();
  }

  @Override
  public void onUnloaded(Errors why) {
    endings.onUnloaded();
    waiting.fail(why);
  }
}
