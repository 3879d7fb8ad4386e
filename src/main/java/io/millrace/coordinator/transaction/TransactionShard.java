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
import java.util.Map;
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

/**
 * The transactional ids of one partition of {@code __transaction_state}.
 *
 * <p>Replies complete with the answer as it is sent, its error code in it, and fail only when the
 * coordinator itself cannot serve (NOT_COORDINATOR, COORDINATOR_NOT_AVAILABLE, …), or with {@link
 * #NEEDS_PRODUCER_ID}. A command that meets a transaction which is being completed waits for that
 * for a while, see {@link TransactionConfig#waitMs()}.
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
    throw new UnsupportedOperationException(
        "" + partition + timers + config + coordinatorEpoch + transactionVersion + markers);
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
    throw new UnsupportedOperationException("" + request + version + freshProducerId + reply);
  }

  /**
   * AddPartitionsToTxn for one transaction, or its verification: the error of each partition. What
   * only some partitions lack (topics, authorization) is the handler's concern, as is Kafka's rule
   * that then none is added.
   *
   * @param version of AddPartitionsToTxn; from 4 on the request comes from a broker, and the
   *     producer speaks transaction version 2
   */
  public Decision addPartitions(
      AddPartitionsToTxnTransaction request, short version, Reply<AddPartitionsToTxnResult> reply) {
    throw new UnsupportedOperationException("" + request + version + reply);
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
    throw new UnsupportedOperationException(
        "" + transactionalId + producerId + producerEpoch + offsets + version + reply);
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
    throw new UnsupportedOperationException("" + request + version + freshProducerId + reply);
  }

  /** DescribeTransactions, of one id. */
  public Decision describe(
      String transactionalId, Reply<DescribeTransactionsResponseData.TransactionState> reply) {
    throw new UnsupportedOperationException(transactionalId + reply);
  }

  /** ListTransactions, of the ids here. */
  public Decision list(
      ListTransactionsRequestData request, Reply<ListTransactionsResponseData> reply) {
    throw new UnsupportedOperationException("" + request + reply);
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
    throw new UnsupportedOperationException(
        transactionalId + producerId + producerEpoch + done + reply);
  }

  // ---- views

  /** One transactional id; null = it is not known. */
  public Transaction get(String transactionalId) {
    throw new UnsupportedOperationException(transactionalId);
  }

  /** All transactional ids here, which are not to be changed. */
  public Collection<Transaction> all() {
    throw new UnsupportedOperationException();
  }

  /** How many ids are in each state. */
  public Map<TransactionState, Integer> countByState() {
    throw new UnsupportedOperationException();
  }

  // ---- Shard

  @Override
  public void replay(CoordinatorRecord record) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void onLoaded(ClusterImage image) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Decision onImage(ImageDelta delta) {
    return new Decision();
  }

  @Override
  public void onUnloaded(Errors why) {
    throw new UnsupportedOperationException();
  }
}
