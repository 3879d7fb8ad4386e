package io.millrace.api.produce;

import io.millrace.api.InternalTopics;
import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.metadata.TopicImage;
import io.millrace.model.Clock;
import io.millrace.partition.Partition;
import io.millrace.partition.PartitionTable;
import io.millrace.protocol.WireIds;
import io.millrace.record.Records;
import java.nio.ByteBuffer;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceResponseData.TopicProduceResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;

/**
 * Produce: splits the request by partition and hands the batches over, all synchronously.
 *
 * <p>Owner: any thread.
 */
public final class ProduceHandler implements RequestHandler {
  private static final short FIRST_VERSION_WITH_IDS = 13;

  /** The client id of Kafka's own tools that repair what coordinators keep. */
  private static final String INTERNAL_TOPICS_CLIENT = "__admin_client";

  private final PartitionTable partitions;
  private final Clock clock;

  public ProduceHandler(PartitionTable partitions, Clock clock) {
    this.partitions = partitions;
    this.clock = clock;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.PRODUCE;
  }

  @Override
  public void handle(RequestContext context, ApiMessage request) {
    ProduceRequestData data = (ProduceRequestData) request;
    ProduceCall call = new ProduceCall(context, data.acks(), data.transactionalId());
    long deadlineMs = clock.wallMs() + Math.max(0, data.timeoutMs());
    for (TopicProduceData topic : data.topicData()) {
      TopicProduceResponse answer = call.addTopic(topic);
      TopicImage image = find(context, topic);
      for (PartitionProduceData partition : topic.partitionData()) {
        if (data.acks() < -1 || data.acks() > 1) {
          call.refuse(
              answer,
              partition,
              Errors.INVALID_REQUIRED_ACKS,
              "acks is " + data.acks() + "; allowed are -1 (all), 0 and 1");
        } else if (image == null) {
          call.refuse(
              answer,
              partition,
              context.version() >= FIRST_VERSION_WITH_IDS
                  ? Errors.UNKNOWN_TOPIC_ID
                  : Errors.UNKNOWN_TOPIC_OR_PARTITION,
              null);
        } else if (InternalTopics.isInternal(image.name())
            && !INTERNAL_TOPICS_CLIENT.equals(context.clientId())) {
          call.refuse(
              answer,
              partition,
              Errors.INVALID_TOPIC_EXCEPTION,
              "Cannot append to internal topic " + image.name());
        } else {
          add(context, call, answer, image, partition, deadlineMs);
        }
      }
    }
    call.start();
  }

  private void add(
      RequestContext context,
      ProduceCall call,
      TopicProduceResponse answer,
      TopicImage topic,
      PartitionProduceData data,
      long deadlineMs) {
    if (topic.partition(data.index()) == null) {
      call.refuse(answer, data, Errors.UNKNOWN_TOPIC_OR_PARTITION, null);
      return;
    }
    Partition partition = partitions.get(topic.id(), data.index());
    if (partition == null) {
      call.refuseForLeader(answer, data, topic.id());
      return;
    }
    if (!(data.records() instanceof MemoryRecords records)) {
      call.refuse(
          answer, data, Errors.INVALID_RECORD, "A produced partition must have one record batch");
      return;
    }
    context.retainFrame();
    call.add(
        answer, data.index(), partition, new FrameRecords(context, records.buffer()), deadlineMs);
  }

  private static TopicImage find(RequestContext context, TopicProduceData topic) {
    if (context.version() >= FIRST_VERSION_WITH_IDS) {
      return context.image().topic(WireIds.topicId(topic.topicId()));
    }
    return context.image().topic(topic.name());
  }

  /** Batches that lie in the request's own bytes. */
  private record FrameRecords(RequestContext context, ByteBuffer buffer) implements Records {
    @Override
    public int sizeInBytes() {
      return buffer.remaining();
    }

    @Override
    public void release() {
      context.releaseFrame();
    }
  }
}
