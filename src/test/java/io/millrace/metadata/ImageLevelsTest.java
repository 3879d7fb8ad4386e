package io.millrace.metadata;

import static io.millrace.metadata.TestImages.A;
import static io.millrace.metadata.TestImages.derive;
import static io.millrace.metadata.TestImages.image;
import static io.millrace.metadata.TestImages.partition;
import static io.millrace.metadata.TestImages.snapshot;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.metadata.MetadataRecord.ClientQuota;
import io.millrace.metadata.MetadataRecord.Config;
import io.millrace.metadata.MetadataRecord.Feature;
import io.millrace.metadata.MetadataRecord.PartitionChange;
import io.millrace.metadata.MetadataRecord.Topic;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What an image has only from a level of {@code metadata.version} on. */
class ImageLevelsTest {
  @Test
  void shouldRefuseRecordsOfALevelThatIsNotFinalized() {
    MetadataImage one = image(new Topic(A, "a"), partition(A, 0));
    PartitionChange marked = new PartitionChange(A, 0, null, null, null, 1, true);
    assertThat(one.metadataVersion()).isEqualTo(MetadataVersion.OLDEST);
    assertThatThrownBy(() -> derive(one, marked))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("metadata.version is 1");
    MetadataImage two = derive(one, new Feature(MetadataVersion.FEATURE, 2), marked).image();
    assertThat(two.topic(A).partition(0).possibleLoss()).isTrue();
    assertThat(snapshot(MetadataImage.EMPTY, two).sameContent(two)).isTrue();
  }

  @Test
  void shouldKnowWhichReplicasAReassignmentAddsAndRemoves() {
    MetadataImage two =
        image(new Feature(MetadataVersion.FEATURE, 2), new Topic(A, "a"), partition(A, 0));
    PartitionChange begin =
        new PartitionChange(
            A, 0, List.of(9, 1), null, null, null, null, List.of(9), List.of(1), null);
    assertThatThrownBy(() -> derive(two, begin))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("metadata.version is 2");
    MetadataImage three = derive(two, new Feature(MetadataVersion.FEATURE, 3), begin).image();
    PartitionImage reassigned = three.topic(A).partition(0);
    assertThat(reassigned.isReassigning()).isTrue();
    assertThat(reassigned.targetReplicas()).containsExactly(9);
    assertThat(reassigned.originalReplicas()).containsExactly(1);
    assertThat(snapshot(MetadataImage.EMPTY, three).sameContent(three)).isTrue();
    PartitionChange end =
        new PartitionChange(
            A, 0, List.of(9), List.of(9), null, 9, null, List.of(), List.of(), null);
    PartitionImage done = derive(three, end).image().topic(A).partition(0);
    assertThat(done.isReassigning()).isFalse();
    assertThat(done.replicas()).containsExactly(9);
  }

  @Test
  void shouldKeepQuotasFromLevelFourOn() {
    MetadataImage three = image(new Feature(MetadataVersion.FEATURE, 3));
    QuotaEntity entity = new QuotaEntity(QuotaEntity.Name.DEFAULT, new QuotaEntity.Name("c"), null);
    ClientQuota quota = new ClientQuota(entity, "producer_byte_rate", 1.5);
    assertThatThrownBy(() -> derive(three, quota))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("metadata.version is 3");

    ImageBuilder.Derived set = derive(three, new Feature(MetadataVersion.FEATURE, 4), quota);
    assertThat(set.image().quotas()).isEqualTo(Map.of(entity, Map.of("producer_byte_rate", 1.5)));
    assertThat(set.delta().changesQuotas()).isTrue();
    assertThat(snapshot(MetadataImage.EMPTY, set.image()).sameContent(set.image())).isTrue();
    assertThat(derive(set.image(), new Topic(A, "a")).delta().changesQuotas()).isFalse();

    ImageBuilder.Derived gone =
        derive(set.image(), new ClientQuota(entity, "producer_byte_rate", null));
    assertThat(gone.image().quotas()).isEmpty();
    assertThat(gone.delta().changesQuotas()).isTrue();
  }

  @Test
  void shouldNoticeQuotasThatASnapshotBringsOrTakes() {
    ClientQuota quota = new ClientQuota(QuotaEntity.client(null), "k", 1.0);
    MetadataImage with = image(new Feature(MetadataVersion.FEATURE, 4), quota);
    MetadataImage without =
        image(new Feature(MetadataVersion.FEATURE, 4), new Feature("f", 1), new Feature("g", 1));
    ImageDelta taken =
        new ImageBuilder(with).applySnapshot(without.offset(), without.toRecords()).build().delta();
    assertThat(taken.changesQuotas()).isTrue();
    ImageDelta same =
        new ImageBuilder(with).applySnapshot(with.offset() + 1, with.toRecords()).build().delta();
    assertThat(same.changesQuotas()).isFalse();
  }

  @Test
  void shouldKeepSubscriptionsToClientMetricsFromLevelFourOn() {
    MetadataImage three = image(new Feature(MetadataVersion.FEATURE, 3));
    ConfigResource resource = ConfigResource.clientMetrics("s");
    Config config = new Config(resource, "interval.ms", "1000");
    assertThatThrownBy(() -> derive(three, config))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("metadata.version is 3");
    MetadataImage four = derive(three, new Feature(MetadataVersion.FEATURE, 4), config).image();
    assertThat(four.configs(resource)).isEqualTo(Map.of("interval.ms", "1000"));
    assertThat(snapshot(MetadataImage.EMPTY, four).sameContent(four)).isTrue();
  }

  @Test
  void shouldKnowWhichLogsMayBeCut() {
    MetadataImage two =
        image(new Feature(MetadataVersion.FEATURE, 2), new Topic(A, "a"), partition(A, 0));
    PartitionChange cut = maybeCut(List.of(1, 2));
    assertThatThrownBy(() -> derive(two, cut))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("metadata.version is 2");
    MetadataImage three = derive(two, new Feature(MetadataVersion.FEATURE, 3), cut).image();
    assertThat(three.topic(A).partition(0).maybeCut()).containsExactly(1, 2);
    assertThat(three.topic(A).partition(0).awaitsLogEnds()).isFalse();
    assertThat(snapshot(MetadataImage.EMPTY, three).sameContent(three)).isTrue();
    PartitionChange offline =
        new PartitionChange(A, 0, null, List.of(1), null, PartitionImage.NO_LEADER);
    assertThat(derive(three, offline).image().topic(A).partition(0).awaitsLogEnds()).isTrue();
    MetadataImage none = derive(three, maybeCut(List.of())).image();
    assertThat(none.topic(A).partition(0).maybeCut()).isEmpty();
  }

  private static PartitionChange maybeCut(List<Integer> replicas) {
    return new PartitionChange(A, 0, null, null, null, null, null, null, null, replicas);
  }
}
