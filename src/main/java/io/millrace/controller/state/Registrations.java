package io.millrace.controller.state;

import io.millrace.controller.Controller.Outcome;
import io.millrace.controller.Controller.ProducerIdBlock;
import io.millrace.controller.Controller.Registered;
import io.millrace.metadata.Endpoint;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.PartitionImage;
import io.millrace.metadata.TopicImage;
import java.util.ArrayList;
import java.util.List;

/**
 * What brokers ask for themselves: to be registered, and producer ids to give out.
 *
 * <p>Owner: any thread.
 */
public final class Registrations {
  /** Producer ids in a block, as in Kafka. */
  public static final int PRODUCER_IDS_PER_BLOCK = 1_000;

  private Registrations() {}

  /**
   * Registers a broker, unfenced; the reply is its epoch.
   *
   * @param logsMayBeCut whether its logs may have lost a tail that readers have seen: the
   *     partitions that it leads then get a new leader epoch, so that the offsets given out again
   *     can be told from the lost ones (KIP-320)
   */
  public static Decision<Registered> broker(
      MetadataImage image,
      int nodeId,
      List<Endpoint> endpoints,
      String rack,
      boolean logsMayBeCut) {
    List<MetadataRecord> records = new ArrayList<>();
    records.add(
        new MetadataRecord.RegisterBroker(
            nodeId,
            endpoints,
            rack,
            /* fenced= */ false,
            MetadataRecord.RegisterBroker.EPOCH_IS_OFFSET));
    if (logsMayBeCut) {
      for (TopicImage topic : image.topics()) {
        for (PartitionImage partition : topic.partitions()) {
          if (partition.leader() == nodeId) {
            records.add(
                new MetadataRecord.PartitionChange(
                    topic.id(), partition.partition(), null, null, null, nodeId));
          }
        }
      }
    }
    return new Decision<>(records, new Registered(Outcome.OK, image.offset() + 1));
  }

  /** The next block; it is skipped for ever once committed, whether the reply arrives or not. */
  public static Decision<ProducerIdBlock> producerIds(MetadataImage image) {
    long first = image.nextProducerId();
    return new Decision<>(
        List.of(new MetadataRecord.ProducerIds(first + PRODUCER_IDS_PER_BLOCK)),
        new ProducerIdBlock(first, PRODUCER_IDS_PER_BLOCK));
  }
}
