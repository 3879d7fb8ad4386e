package io.millrace.metadata;

import io.millrace.metadata.MetadataRecord.Partition;
import io.millrace.model.TopicId;
import java.util.List;

/**
 * Images made of a few records.
 *
 * <p>Owner: immutable.
 */
final class TestImages {
  static final TopicId A = new TopicId(1, 1);
  static final TopicId B = new TopicId(2, 2);

  private TestImages() {}

  static ImageBuilder.Derived derive(MetadataImage before, MetadataRecord... records) {
    return new ImageBuilder(before).apply(before.offset() + 1, List.of(records)).build();
  }

  static MetadataImage image(MetadataRecord... records) {
    return derive(MetadataImage.EMPTY, records).image();
  }

  static Partition partition(TopicId topic, int index) {
    return new Partition(
        topic, new PartitionImage(index, List.of(1, 2), List.of(1, 2), List.of(), 1, 0, 0));
  }

  static MetadataImage snapshot(MetadataImage before, MetadataImage content) {
    return new ImageBuilder(before)
        .applySnapshot(content.offset(), content.toRecords())
        .build()
        .image();
  }
}
