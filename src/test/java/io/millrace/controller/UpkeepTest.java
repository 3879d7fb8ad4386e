package io.millrace.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.metadata.MetadataCodec;
import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.MetadataRecord.FenceBroker;
import io.millrace.metadata.MetadataRecord.PartitionChange;
import io.millrace.model.TopicId;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class UpkeepTest {
  /** Of a broker that leads so many partitions. */
  private static List<MetadataRecord> fencing(int partitions) {
    List<MetadataRecord> records = new ArrayList<>();
    records.add(new FenceBroker(1, 7));
    for (int partition = 0; partition < partitions; partition++) {
      records.add(new PartitionChange(new TopicId(1, 1), partition, null, List.of(2), null, 2));
    }
    return records;
  }

  @Test
  void shouldFenceAtOnceWhatFits() {
    List<MetadataRecord> records = fencing(10);
    assertThat(Upkeep.fitting(records, MetadataCodec.size(records))).isEqualTo(records);
  }

  @Test
  void shouldMoveLeadersFirstThatDoNotFitAndFenceWithTheLast() {
    List<MetadataRecord> records = fencing(10);
    long half = MetadataCodec.size(records) / 2;

    List<MetadataRecord> some = Upkeep.fitting(records, half);

    assertThat(some).isNotEmpty().allMatch(PartitionChange.class::isInstance);
    assertThat(records).containsAll(some);
    assertThat(MetadataCodec.size(some)).isLessThanOrEqualTo(half);
  }
}
