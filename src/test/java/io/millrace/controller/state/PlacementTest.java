package io.millrace.controller.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.metadata.BrokerImage;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord;
import io.millrace.simulation.Seeds;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

class PlacementTest {
  private static final int SEEDS = 50;

  /** Brokers 0, 1, …; each in its rack, null = none. */
  private static MetadataImage racks(String... racks) {
    List<MetadataRecord> records = new ArrayList<>();
    for (int i = 0; i < racks.length; i++) {
      records.add(Images.broker(i, racks[i], false));
    }
    return Images.with(MetadataImage.EMPTY, records);
  }

  private static List<List<Integer>> place(
      MetadataImage image, int partitions, int replicationFactor, int seed) {
    Placement placement = new Placement(image.brokers().values(), Seeds.random(seed));
    List<List<Integer>> all = new ArrayList<>();
    for (int i = 0; i < partitions; i++) {
      all.add(placement.next(replicationFactor));
    }
    return all;
  }

  @Test
  void shouldUseEachBrokerOnceInAPartition() {
    for (int seed = 0; seed < SEEDS; seed++) {
      for (List<Integer> replicas : place(Images.brokers(1, 2, 3, 4, 5), 20, 4, seed)) {
        assertThat(replicas).hasSize(4).doesNotHaveDuplicates();
      }
    }
  }

  @Test
  void shouldSpreadLeadersAndReplicasEvenly() {
    for (int seed = 0; seed < SEEDS; seed++) {
      Map<Integer, Integer> leaders = new HashMap<>();
      Map<Integer, Integer> replicas = new HashMap<>();
      for (List<Integer> partition : place(Images.brokers(1, 2, 3, 4, 5), 20, 3, seed)) {
        leaders.merge(partition.get(0), 1, Integer::sum);
        partition.forEach(node -> replicas.merge(node, 1, Integer::sum));
      }
      assertThat(leaders.values()).as("seed %d", seed).containsOnly(4).hasSize(5);
      assertThat(replicas.values()).as("seed %d", seed).containsOnly(12).hasSize(5);
    }
  }

  @Test
  void shouldNotPairTheSameBrokersInEveryRound() {
    Set<Integer> followersOfFirst = new HashSet<>();
    for (List<Integer> partition : place(Images.brokers(1, 2, 3, 4), 24, 2, 0)) {
      if (partition.get(0) == 1) {
        followersOfFirst.add(partition.get(1));
      }
    }
    assertThat(followersOfFirst).containsExactlyInAnyOrder(2, 3, 4);
  }

  @Test
  void shouldGiveEachRackAReplicaBeforeASecond() {
    MetadataImage image = racks("a", "a", "a", "b", "b", "c");
    for (int seed = 0; seed < SEEDS; seed++) {
      for (List<Integer> replicas : place(image, 12, 3, seed)) {
        assertThat(replicas.stream().map(node -> image.brokers().get(node).rack()).distinct())
            .as("seed %d, replicas %s", seed, replicas)
            .hasSize(3);
      }
    }
  }

  @Test
  void shouldFillRacksAgainWhenAllHaveOne() {
    MetadataImage image = racks("a", "a", "b", "b");
    for (int seed = 0; seed < SEEDS; seed++) {
      for (List<Integer> replicas : place(image, 8, 4, seed)) {
        assertThat(replicas).containsExactlyInAnyOrder(0, 1, 2, 3);
      }
    }
  }

  @Test
  void shouldPlaceTheSameForTheSameSeed() {
    MetadataImage image = racks("a", "b", "c", "a", "b");
    assertThat(place(image, 10, 3, 5)).isEqualTo(place(image, 10, 3, 5));
  }

  @Test
  void shouldTakeFencedBrokersLastAndNeverAsLeader() {
    MetadataImage image =
        Images.with(
            MetadataImage.EMPTY,
            List.of(
                Images.broker(1, null, false),
                Images.broker(2, null, false),
                Images.broker(3, null, true)));
    for (int seed = 0; seed < SEEDS; seed++) {
      for (List<Integer> replicas : place(image, 6, 2, seed)) {
        assertThat(replicas).containsExactlyInAnyOrder(1, 2);
      }
      for (List<Integer> replicas : place(image, 6, 3, seed)) {
        assertThat(replicas.get(2)).isEqualTo(3);
      }
    }
  }

  @Test
  void shouldRefuseMoreReplicasThanBrokers() {
    Placement placement = new Placement(Images.brokers(1, 2).brokers().values(), new Random(0));
    assertThatThrownBy(() -> placement.check(3))
        .isInstanceOfSatisfying(
            Refusal.class,
            refusal ->
                assertThat(refusal.outcome().error()).isEqualTo(Errors.INVALID_REPLICATION_FACTOR))
        .hasMessageContaining("only 2 broker(s)");
  }

  @Test
  void shouldRefuseWhenAllAreFenced() {
    List<BrokerImage> fenced = List.of(new BrokerImage(1, 0, List.of(), null, true));
    assertThatThrownBy(() -> new Placement(fenced, new Random(0)).check(1))
        .isInstanceOf(Refusal.class);
  }

  @Test
  void shouldBeEvenInEveryClusterWithoutRacks() {
    for (int seed = 0; seed < 500; seed++) {
      Random random = Seeds.random(seed);
      String[] racks = new String[1 + random.nextInt(9)];
      int factor = 1 + random.nextInt(racks.length);
      // Whole rounds of leaders, and of distances of the followers.
      int partitions = racks.length * Math.max(1, racks.length - 1);
      Map<Integer, Integer> leaders = new HashMap<>();
      Map<Integer, Integer> replicas = new HashMap<>();
      for (List<Integer> partition : place(racks(racks), partitions, factor, seed)) {
        leaders.merge(partition.get(0), 1, Integer::sum);
        partition.forEach(node -> replicas.merge(node, 1, Integer::sum));
      }
      assertThat(new HashSet<>(leaders.values())).as("seed %d: leaders", seed).hasSize(1);
      assertThat(new HashSet<>(replicas.values())).as("seed %d: replicas", seed).hasSize(1);
    }
  }

  @Test
  void shouldUseAsManyRacksAsItCan() {
    for (int seed = 0; seed < 500; seed++) {
      Random random = Seeds.random(seed);
      String[] racks = new String[1 + random.nextInt(12)];
      for (int i = 0; i < racks.length; i++) {
        racks[i] = "r" + random.nextInt(4);
      }
      int factor = 1 + random.nextInt(racks.length);
      int most = Math.min(factor, (int) List.of(racks).stream().distinct().count());
      for (List<Integer> partition : place(racks(racks), 30, factor, seed)) {
        assertThat(partition).as("seed %d", seed).hasSize(factor).doesNotHaveDuplicates();
        assertThat(partition.stream().map(node -> racks[node]).distinct())
            .as("seed %d: racks of %s", seed, partition)
            .hasSize(most);
      }
    }
  }

  @Test
  void shouldTakeStoppingBrokersLikeFencedOnes() {
    MetadataImage image = Images.brokers(1, 2);
    image = Images.with(image, List.of(new MetadataRecord.StopBroker(2, 1)));
    for (int seed = 0; seed < SEEDS; seed++) {
      for (List<Integer> replicas : place(image, 4, 2, seed)) {
        assertThat(replicas).containsExactly(1, 2);
      }
    }
  }
}
