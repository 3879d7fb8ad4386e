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
 * administrators end those that no coordinator knows of any more (KIP-664).
 *
 * <p>Owner: any thread.
 */
public final class WriteTxnMarkersHandler implements RequestHandler {
  private static final Logger LOG = LoggerFactory.getLogger(WriteTxnMarkersHandler.class);

  private final LocalPartitions partitions;

  public WriteTxnMarkersHandler(LocalPartitions partitions) {
    this.partitions = partitions;
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
          pending.add(
              end(context, topic.name(), partition, marker)
                  .onSuccess(error -> answer.setErrorCode(error.code())));
        }
      }
    }
    AsyncReply.send(
        context,
        pending.isEmpty() ? Future.succeededFuture(response) : Future.join(pending).map(response),
        error -> response);
  }

  /** Never fails. */
  private Future<Errors> end(
      RequestContext context, String topic, int partition, TransactionMarker marker) {
    if (marker.producerId() < 0 || marker.producerEpoch() < 0) {
      // The batch would belong to nobody, and end nothing.
      return Future.succeededFuture(Errors.INVALID_PRODUCER_ID_MAPPING);
    }
    Answer<Partition> found = partitions.find(context.newestImage(), topic, partition);
    return found.error() == Errors.NONE
        ? end(found.value(), marker)
        : Future.succeededFuture(found.error());
  }

  /** Completes on the partition's loop. */
  static Future<Errors> end(Partition partition, TransactionMarker marker) {
    Promise<Errors> promise = Promise.promise();
    partition
        .loop()
        .run(
            () -> {
              try {
                partition.replica().endTransaction(marker, promise::complete);
              } catch (RuntimeException e) {
                // Whoever sends the marker must hear of it, or would never send it again.
                LOG.error("{} cannot end a transaction: {}", partition.id(), marker, e);
                promise.tryComplete(Errors.UNKNOWN_SERVER_ERROR);
              }
            });
    return promise.future();
  }
}
