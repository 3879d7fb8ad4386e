package io.millrace.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.TestImage;
import io.millrace.metadata.PartitionImage;
import io.millrace.model.TopicIdPartition;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Topic {@code t} wants two in-sync replicas. */
class ReplicationPictureTest {
  private static final int EPOCH = 3;

  private final TestImage image = TestImage.ofOne();
  private final Map<TopicIdPartition, PartitionLive> told = new HashMap<>();

  private ReplicationPicture picture() {
    return new ReplicationPicture(image, topic -> 2, told::get);
  }

  private static PartitionImage partition(int index, List<Integer> isr, int leader) {
    return new PartitionImage(index, List.of(1, 2, 3), isr, List.of(), leader, EPOCH, 9);
  }

  /** Node 1 leads partition 0 up to offset 100, and tells of node 2. */
  private void tell(int epoch, long endOf2, long lagMsOf2) {
    TopicIdPartition id = new TopicIdPartition(TestImage.idOf("t"), "t", 0);
    told.put(
        id,
        new PartitionLive(
            id,
            1,
            epoch,
            0,
            endOf2,
            List.of(
                new ReplicaLive(1, true, 100, 0),
                new ReplicaLive(2, true, endOf2, lagMsOf2),
                new ReplicaLive(3, false, -1, -1))));
  }

  @Test
  void shouldCountPartitionsThatLackReplicas() {
    image.topic(
        "t",
        partition(0, List.of(1, 2, 3), 1),
        partition(1, List.of(1, 2), 1),
        partition(2, List.of(2), 2),
        partition(3, List.of(3), PartitionImage.NO_LEADER));

    ReplicationHealth health = picture().total();

    assertThat(health.partitions()).isEqualTo(4);
    assertThat(health.offline()).isEqualTo(1);
    assertThat(health.underReplicated()).isEqualTo(3);
    assertThat(health.underMinIsr()).isEqualTo(2);
    assertThat(health.atMinIsr()).isEqualTo(1);
  }

  @Test
  void shouldNotMissReplicasThatAReassignmentIsAdding() {
    image.topic("t", reassigned(0, List.of(1, 2, 3)), reassigned(1, List.of(1, 2)));

    assertThat(picture().total().underReplicated()).isEqualTo(1);
  }

  /** From 1, 2, 3 to 4, 5, 3. */
  private static PartitionImage reassigned(int index, List<Integer> isr) {
    return new PartitionImage(
        index,
        List.of(4, 5, 3, 1, 2),
        isr,
        List.of(),
        1,
        EPOCH,
        9,
        false,
        List.of(4, 5),
        List.of(1, 2),
        List.of());
  }

  @Test
  void shouldDemandNoMoreInSyncReplicasThanThereAre() {
    image.topic("t", new PartitionImage(0, List.of(1), List.of(1), List.of(), 1, EPOCH, 9));

    assertThat(picture().total().underMinIsr()).isZero();
    assertThat(picture().total().atMinIsr()).isEqualTo(1);
  }

  @Test
  void shouldCountWhatOneNodeLeads() {
    image.topic("t", partition(0, List.of(1), 1), partition(1, List.of(2, 3), 2));

    assertThat(picture().ledBy(2).partitions()).isEqualTo(1);
    assertThat(picture().ledBy(2).underReplicated()).isEqualTo(1);
    assertThat(picture().ledBy(2).underMinIsr()).isZero();
  }

  @Test
  void shouldTellTheLagOfTheReplicasOfEachNode() {
    image.topic("t", partition(0, List.of(1, 2), 1));
    tell(EPOCH, 60, 1_500);

    ReplicationHealth health = picture().total();

    assertThat(health.maxLagRecords()).isEqualTo(40);
    assertThat(health.maxLagMs()).isEqualTo(1_500);
    assertThat(health.nodes().get(1)).isEqualTo(new ReplicationHealth.OfNode(1, 1, 0, 0, 0));
    assertThat(health.nodes().get(2)).isEqualTo(new ReplicationHealth.OfNode(0, 1, 0, 40, 1_500));
    assertThat(health.nodes().get(3)).isEqualTo(new ReplicationHealth.OfNode(0, 1, 1, -1, -1));
  }

  @Test
  void shouldNotKnowHowFarAReplicaIsThatHasNotFetched() {
    image.topic("t", partition(0, List.of(1, 2), 1));
    tell(EPOCH, 60, 1_500);

    var replicas = picture().replicas(image.topic("t"), image.topic("t").partition(0));

    assertThat(replicas.get(2))
        .isEqualTo(new ReplicationPicture.ReplicaStanding(3, false, -1, -1, -1));
  }

  @Test
  void shouldNotBelieveALeaderOfAnotherEpoch() {
    image.topic("t", partition(0, List.of(1, 2), 1));
    tell(EPOCH - 1, 60, 1_500);

    assertThat(picture().total().maxLagRecords()).isEqualTo(-1);
  }

  @Test
  void shouldFindNothingBehindWhereThereIsNothing() {
    assertThat(picture().total().maxLagRecords()).isZero();
    assertThat(picture().total().maxLagMs()).isZero();

    image.topic("t", partition(0, List.of(1, 2), 1));

    assertThat(picture().ledBy(2).maxLagRecords()).isZero();
    assertThat(picture().ledBy(2).maxLagMs()).isZero();
  }
}
