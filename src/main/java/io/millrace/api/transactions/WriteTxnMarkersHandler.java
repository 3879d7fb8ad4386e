package io.millrace.api.transactions;

import io.millrace.api.AsyncReply;
import io.millrace.api.LocalPartitions;
import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.model.TransactionMarker;
import io.millrace.partition.Answer;
import io.millrace.partition.Partition;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData.WritableTxnMarker;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData.WritableTxnMarkerTopic;
import org.apache.kafka.common.message.WriteTxnMarkersResponseData;
import org.apache.kafka.common.message.WriteTxnMarkersResponseData.WritableTxnMarkerPartitionResult;
import org.apache.kafka.common.message.WriteTxnMarkersResponseData.WritableTxnMarkerResult;
import org.apache.kafka.common.message.WriteTxnMarkersResponseData.WritableTxnMarkerTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * WriteTxnMarkers: coordinators bring the ends of transactions to the partitions of this node, and
 * administrators end those that no coordinator knows of any more (KIP-664). One partition keeps the
 * answers of the others back for a bounded time only: what is not committed then is answered by
 * REQUEST_TIMED_OUT, and may be asked for again.
 *
 * <p>Owner: any thread.
 */
public final class WriteTxnMarkersHandler implements RequestHandler {
  private static final Logger LOG = LoggerFactory.getLogger(WriteTxnMarkersHandler.class);

  /** What nodes wait for at most; their other markers are behind it. */
  public static final int WAIT_OF_NODES_MS = 500;

  /** What administrators wait for at most, as in Kafka. */
  public static final int WAIT_OF_CLIENTS_MS = 30_000;

  private final LocalPartitions partitions;
  private final int waitMs;

  /**
   * A handler.
   *
   * @param waitMs until the answer, whatever is committed then
   */
  public WriteTxnMarkersHandler(LocalPartitions partitions, int waitMs) {
    this.partitions = partitions;
    this.waitMs = waitMs;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.WRITE_TXN_MARKERS;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    WriteTxnMarkersRequestData request = (WriteTxnMarkersRequestData) message;
    WriteTxnMarkersResponseData response = new WriteTxnMarkersResponseData();
    List<Future<?>> pending = new ArrayList<>();
    List<Promise<Errors>> open = new ArrayList<>();
    for (WritableTxnMarker asked : request.markers()) {
      TransactionMarker marker =
          new TransactionMarker(
              asked.producerId(),
              asked.producerEpoch(),
              asked.transactionResult(),
              asked.coordinatorEpoch(),
              asked.transactionVersion());
      WritableTxnMarkerResult result =
          new WritableTxnMarkerResult().setProducerId(asked.producerId());
      response.markers().add(result);
      for (WritableTxnMarkerTopic topic : asked.topics()) {
        WritableTxnMarkerTopicResult ofTopic =
            new WritableTxnMarkerTopicResult().setName(topic.name());
        result.topics().add(ofTopic);
        for (int partition : topic.partitionIndexes()) {
          WritableTxnMarkerPartitionResult answer =
              new WritableTxnMarkerPartitionResult().setPartitionIndex(partition);
          ofTopic.partitions().add(answer);
          Promise<Errors> outcome = Promise.promise();
          pending.add(outcome.future().onSuccess(error -> answer.setErrorCode(error.code())));
          end(context, topic.name(), partition, marker, outcome);
          if (!outcome.future().isComplete()) {
            open.add(outcome);
          }
        }
      }
    }
    if (!open.isEmpty()) {
      context
          .loop()
          .schedule(waitMs, () -> open.forEach(each -> each.tryComplete(Errors.REQUEST_TIMED_OUT)));
    }
    AsyncReply.send(
        context,
        pending.isEmpty() ? Future.succeededFuture(response) : Future.join(pending).map(response),
        error -> response);
  }

  private void end(
      RequestContext context,
      String topic,
      int partition,
      TransactionMarker marker,
      Promise<Errors> outcome) {
    if (marker.producerId() < 0 || marker.producerEpoch() < 0) {
      // The batch would belong to nobody, and end nothing.
      outcome.complete(Errors.INVALID_PRODUCER_ID_MAPPING);
      return;
    }
    Answer<Partition> found = partitions.find(context.newestImage(), topic, partition);
    if (found.error() == Errors.NONE) {
      end(found.value(), marker, outcome);
    } else {
      outcome.complete(found.error());
    }
  }

  /**
   * Writes a marker, unless the outcome is known before the partition gets to it.
   *
   * @param outcome completed on the partition's loop, never failed
   */
  static void end(Partition partition, TransactionMarker marker, Promise<Errors> outcome) {
    partition
        .loop()
        .run(
            () -> {
              if (outcome.future().isComplete()) {
                // Told to be late: it may be on its way again, perhaps to another leader.
                return;
              }
              try {
                partition.replica().endTransaction(marker, outcome::tryComplete);
              } catch (RuntimeException e) {
                // Whoever sends the marker must hear of it, or would never send it again.
                LOG.error("{} cannot end a transaction: {}", partition.id(), marker, e);
                outcome.tryComplete(Errors.UNKNOWN_SERVER_ERROR);
              }
            });
  }
}
