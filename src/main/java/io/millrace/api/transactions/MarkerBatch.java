package io.millrace.api.transactions;

import io.millrace.model.TopicPartition;
import io.millrace.model.TransactionMarker;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData.WritableTxnMarker;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData.WritableTxnMarkerTopic;
import org.apache.kafka.common.message.WriteTxnMarkersResponseData;
import org.apache.kafka.common.message.WriteTxnMarkersResponseData.WritableTxnMarkerPartitionResult;
import org.apache.kafka.common.message.WriteTxnMarkersResponseData.WritableTxnMarkerResult;
import org.apache.kafka.common.message.WriteTxnMarkersResponseData.WritableTxnMarkerTopicResult;
import org.apache.kafka.common.protocol.Errors;

/**
 * The markers that go to one node with one request, and who is to hear of each.
 *
 * <p>Owner: whoever fills it.
 */
final class MarkerBatch<J> {
  /** Hears of one partition. */
  interface Sink<J> {
    void accept(J job, TopicPartition partition, Errors error);
  }

  private static final class Entry {
    private final TransactionMarker marker;
    private final Map<String, List<Integer>> topics = new LinkedHashMap<>();

    Entry(TransactionMarker marker) {
      this.marker = marker;
    }
  }

  private final Map<J, Entry> entries = new LinkedHashMap<>();

  void add(J job, TransactionMarker marker, TopicPartition partition) {
    entries
        .computeIfAbsent(job, any -> new Entry(marker))
        .topics
        .computeIfAbsent(partition.topic(), any -> new ArrayList<>())
        .add(partition.partition());
  }

  WriteTxnMarkersRequestData request() {
    WriteTxnMarkersRequestData request = new WriteTxnMarkersRequestData();
    for (Entry entry : entries.values()) {
      TransactionMarker marker = entry.marker;
      WritableTxnMarker written =
          new WritableTxnMarker()
              .setProducerId(marker.producerId())
              .setProducerEpoch(marker.producerEpoch())
              .setTransactionResult(marker.commits())
              .setCoordinatorEpoch(marker.coordinatorEpoch())
              .setTransactionVersion((byte) marker.transactionVersion());
      entry.topics.forEach(
          (topic, partitions) ->
              written
                  .topics()
                  .add(
                      new WritableTxnMarkerTopic().setName(topic).setPartitionIndexes(partitions)));
      request.markers().add(written);
    }
    return request;
  }

  /**
   * Tells of every partition that was asked for; what the answer leaves out is as if it had not
   * been asked for.
   *
   * @param answer null = there is none
   */
  void outcomes(WriteTxnMarkersResponseData answer, Sink<J> sink) {
    Map<Long, Map<TopicPartition, Errors>> byProducer = new HashMap<>();
    if (answer != null) {
      for (WritableTxnMarkerResult marker : answer.markers()) {
        Map<TopicPartition, Errors> found =
            byProducer.computeIfAbsent(marker.producerId(), any -> new HashMap<>());
        for (WritableTxnMarkerTopicResult topic : marker.topics()) {
          for (WritableTxnMarkerPartitionResult partition : topic.partitions()) {
            found.put(
                new TopicPartition(topic.name(), partition.partitionIndex()),
                Errors.forCode(partition.errorCode()));
          }
        }
      }
    }
    entries.forEach(
        (job, entry) -> {
          Map<TopicPartition, Errors> found =
              byProducer.getOrDefault(entry.marker.producerId(), Map.of());
          entry.topics.forEach(
              (topic, partitions) ->
                  partitions.forEach(
                      partition -> {
                        TopicPartition id = new TopicPartition(topic, partition);
                        sink.accept(job, id, found.getOrDefault(id, Errors.NETWORK_EXCEPTION));
                      }));
        });
  }
}
