package io.millrace.metadata;

import static io.millrace.metadata.TestImages.A;
import static io.millrace.metadata.TestImages.B;
import static io.millrace.metadata.TestImages.derive;
import static io.millrace.metadata.TestImages.image;
import static io.millrace.metadata.TestImages.partition;
import static io.millrace.metadata.TestImages.snapshot;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.metadata.MetadataRecord.ClusterId;
import io.millrace.metadata.MetadataRecord.Config;
import io.millrace.metadata.MetadataRecord.Feature;
import io.millrace.metadata.MetadataRecord.FenceBroker;
import io.millrace.metadata.MetadataRecord.ForgetTopics;
import io.millrace.metadata.MetadataRecord.PartitionChange;
import io.millrace.metadata.MetadataRecord.ProducerIds;
import io.millrace.metadata.MetadataRecord.RegisterBroker;
import io.millrace.metadata.MetadataRecord.RegisterController;
import io.millrace.metadata.MetadataRecord.RemoveTopic;
import io.millrace.metadata.MetadataRecord.ReplicaConditions;
import io.millrace.metadata.MetadataRecord.StopBroker;
import io.millrace.metadata.MetadataRecord.Topic;
import io.millrace.metadata.MetadataRecord.UnfenceBroker;
import io.millrace.metadata.MetadataRecord.UnregisterNode;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class ImageBuilderTest {
  private static RegisterBroker broker(int nodeId) {
    return new RegisterBroker(
        nodeId, List.of(new Endpoint("P", "h", 1)), null, false, RegisterBroker.EPOCH_IS_OFFSET);
  }

  @Test
  void shouldFindATopicByNameAndById() {
    MetadataImage image = image(new Topic(A, "a"), partition(A, 0), partition(A, 1));
    assertThat(image.topic("a").partitions()).hasSize(2);
    assertThat(image.topic(A)).isSameAs(image.topic("a"));
    assertThat(image.topics()).containsExactly(image.topic("a"));
  }

  @Test
  void shouldCarryTheOffsetOfTheLastRecord() {
    assertThat(MetadataImage.EMPTY.offset()).isEqualTo(-1);
    assertThat(image(new ClusterId("c"), new Feature("f", 1)).offset()).isEqualTo(1);
  }

  @Test
  void shouldLeaveTheImageBeforeAsItWas() {
    MetadataImage before = image(new Topic(A, "a"), partition(A, 0));
    derive(before, new RemoveTopic(A), new Topic(B, "b"));
    assertThat(before.topic("a")).isNotNull();
    assertThat(before.topic("b")).isNull();
  }

  @Test
  void shouldSayWhichTopicsChanged() {
    MetadataImage before =
        image(new Topic(A, "a"), partition(A, 0), new Topic(B, "b"), partition(B, 0));
    ImageDelta delta = derive(before, partition(B, 1)).delta();
    assertThat(delta.changedTopics()).containsOnlyKeys(B);
    assertThat(delta.changedTopics().get(B)).isSameAs(delta.after().topic("b"));
    assertThat(delta.deletedTopics()).isEmpty();
    assertThat(delta.before()).isSameAs(before);
  }

  @Test
  void shouldSayWhatWasDeletedAsItWasBefore() {
    MetadataImage before = image(new Topic(A, "a"), partition(A, 0));
    ImageDelta delta = derive(before, partition(A, 1), new RemoveTopic(A)).delta();
    assertThat(delta.deletedTopics()).isEqualTo(Map.of(A, before.topic("a")));
    assertThat(delta.changedTopics()).isEmpty();
    assertThat(delta.after().topic(A)).isNull();
    assertThat(delta.after().topic("a")).isNull();
  }

  @Test
  void shouldNotReportATopicThatCameAndWent() {
    ImageDelta delta =
        derive(MetadataImage.EMPTY, new Topic(A, "a"), partition(A, 0), new RemoveTopic(A)).delta();
    assertThat(delta.changedTopics()).isEmpty();
    assertThat(delta.deletedTopics()).isEmpty();
  }

  @Test
  void shouldGiveTheNameOfADeletedTopicToANewOne() {
    MetadataImage before = image(new Topic(A, "a"), partition(A, 0));
    ImageDelta delta =
        derive(before, new RemoveTopic(A), new Topic(B, "a"), partition(B, 0)).delta();
    assertThat(delta.after().topic("a").id()).isEqualTo(B);
    assertThat(delta.changedTopics()).containsOnlyKeys(B);
    assertThat(delta.deletedTopics()).containsOnlyKeys(A);
  }

  @Test
  void shouldDropTheConfigsOfADeletedTopic() {
    ConfigResource resource = ConfigResource.topic("a");
    MetadataImage before =
        image(new Topic(A, "a"), partition(A, 0), new Config(resource, "k", "v"));
    ImageDelta delta = derive(before, new RemoveTopic(A)).delta();
    assertThat(delta.after().configs(resource)).isEmpty();
    assertThat(delta.changedConfigs()).containsExactly(resource);
  }

  @Test
  void shouldSetAndTakeBackConfigs() {
    ConfigResource resource = ConfigResource.broker(1);
    MetadataImage set = image(new Config(resource, "k", "1"), new Config(resource, "l", "2"));
    assertThat(set.configs(resource)).isEqualTo(Map.of("k", "1", "l", "2"));
    MetadataImage taken = derive(set, new Config(resource, "k", null)).image();
    assertThat(taken.configs(resource)).isEqualTo(Map.of("l", "2"));
    assertThat(taken.configs(ConfigResource.broker(2))).isEmpty();
  }

  @Test
  void shouldNameTheConfigsThatChanged() {
    ConfigResource resource = ConfigResource.broker(1);
    MetadataImage before =
        image(
            new Config(resource, "same", "1"),
            new Config(resource, "other", "1"),
            new Config(resource, "gone", "1"));
    ImageDelta delta =
        derive(
                before,
                new Config(resource, "same", "1"),
                new Config(resource, "other", "2"),
                new Config(resource, "new", "1"),
                new Config(resource, "gone", null))
            .delta();
    assertThat(delta.changedKeys(resource)).containsExactly("gone", "new", "other");
    assertThat(delta.changedKeys(ConfigResource.broker(2))).isEmpty();
  }

  @Test
  void shouldRaiseBothEpochsWithTheLeader() {
    MetadataImage before = image(new Topic(A, "a"), partition(A, 0));
    PartitionImage after =
        derive(before, new PartitionChange(A, 0, null, List.of(2), List.of(1), 2))
            .image()
            .topic(A)
            .partition(0);
    assertThat(after)
        .isEqualTo(new PartitionImage(0, List.of(1, 2), List.of(2), List.of(1), 2, 1, 1));
  }

  @Test
  void shouldRaiseOnlyThePartitionEpochWithTheIsr() {
    MetadataImage before = image(new Topic(A, "a"), partition(A, 0));
    PartitionImage after =
        derive(before, new PartitionChange(A, 0, null, List.of(1), null, null))
            .image()
            .topic(A)
            .partition(0);
    assertThat(after)
        .isEqualTo(new PartitionImage(0, List.of(1, 2), List.of(1), List.of(), 1, 0, 1));
  }

  @Test
  void shouldUseTheOffsetOfARegistrationAsItsEpoch() {
    MetadataImage image = image(new ClusterId("c"), broker(7));
    assertThat(image.brokers().get(7).epoch()).isEqualTo(1);
  }

  @Test
  void shouldFenceAndUnfenceOneRegistration() {
    MetadataImage image = image(broker(7));
    MetadataImage fenced = derive(image, new FenceBroker(7, 0)).image();
    assertThat(fenced.brokers().get(7).fenced()).isTrue();
    ImageBuilder.Derived unfenced = derive(fenced, new UnfenceBroker(7, 0));
    assertThat(unfenced.image().brokers().get(7).fenced()).isFalse();
    assertThat(unfenced.delta().changedBrokers()).containsExactly(7);
  }

  @Test
  void shouldFindCollidingNames() {
    MetadataImage image =
        image(new Topic(A, "a.b_c"), partition(A, 0), new Topic(B, "x"), partition(B, 0));
    assertThat(image.topicsCollidingWith("a_b.c")).containsExactly("a.b_c");
    assertThat(image.topicsCollidingWith("a.b")).isEmpty();
    assertThat(image.topicsCollidingWith("x")).isEmpty();
    assertThat(derive(image, new RemoveTopic(A)).image().topicsCollidingWith("a_b.c")).isEmpty();
  }

  @Test
  void shouldMakeTheSameImageOutOfItsRecords() {
    MetadataImage image =
        image(
            new ClusterId("c"),
            new Feature("f", 2),
            broker(1),
            broker(2),
            new FenceBroker(2, 3),
            new Topic(A, "a.b"),
            partition(A, 0),
            partition(A, 1),
            new PartitionChange(A, 1, null, List.of(2), List.of(1), 2),
            new Config(ConfigResource.topic("a.b"), "k", "v"),
            new Config(ConfigResource.brokerDefault(), "k", "v"),
            new ProducerIds(5000));
    MetadataImage copy =
        new ImageBuilder(MetadataImage.EMPTY)
            .applySnapshot(image.offset(), image.toRecords())
            .build()
            .image();
    assertThat(copy.sameContent(image)).isTrue();
    assertThat(copy.offset()).isEqualTo(image.offset());
    assertThat(copy.brokers()).isEqualTo(image.brokers());
    assertThat(copy.topicsCollidingWith("a_b")).containsExactly("a.b");
  }

  @Test
  void shouldTellDifferentContentApart() {
    assertThat(image(new ClusterId("c")).sameContent(image(new ClusterId("d")))).isFalse();
    assertThat(image(new Topic(A, "a")).sameContent(image(new Topic(A, "b")))).isFalse();
    assertThat(image(new ProducerIds(1)).sameContent(image(new ProducerIds(2)))).isFalse();
  }

  @Test
  void shouldRefuseRecordsThatDoNotFit() {
    MetadataImage image =
        image(
            new ClusterId("c"), broker(1), new Topic(A, "a"), partition(A, 0), new ProducerIds(9));
    List<MetadataRecord> unfit =
        List.of(
            new ClusterId("d"),
            new Topic(A, "z"),
            new Topic(B, "a"),
            partition(B, 0),
            partition(A, 0),
            partition(A, 2),
            new PartitionChange(A, 1, null, null, null, 1),
            new PartitionChange(B, 0, null, null, null, 1),
            new RemoveTopic(B),
            new FenceBroker(1, 77),
            new UnfenceBroker(2, 0),
            new ProducerIds(8));
    for (MetadataRecord record : unfit) {
      assertThatThrownBy(() -> derive(image, record))
          .as("%s", record)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("offset 5");
    }
  }

  @Test
  void shouldRefuseRecordsThatDoNotFollow() {
    MetadataImage image = image(new ClusterId("c"));
    for (long offset : new long[] {0, 2}) {
      assertThatThrownBy(() -> new ImageBuilder(image).apply(offset, List.of(new Feature("f", 1))))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("do not follow offset 0");
    }
  }

  @Test
  void shouldRememberWhoMayHaveADeletedTopic() {
    MetadataImage image =
        image(broker(1), broker(2), new Topic(A, "a"), partition(A, 0), new RemoveTopic(A));
    assertThat(image.removedTopics()).isEqualTo(Map.of(A, new RemovedTopic(4, Set.of(1, 2))));
    assertThat(snapshot(MetadataImage.EMPTY, image).sameContent(image)).isTrue();
    assertThat(derive(image, new ForgetTopics(List.of(A))).image().removedTopics()).isEmpty();
  }

  private static MetadataImage withConditions() {
    return image(
        new Feature(MetadataVersion.FEATURE, MetadataVersion.NEWEST),
        broker(1),
        broker(2),
        new Topic(A, "a"),
        partition(A, 0),
        partition(A, 1),
        new ReplicaConditions(A, 2, ReplicaCondition.OFFLINE, List.of(0, 1)),
        new ReplicaConditions(A, 2, ReplicaCondition.FULL, List.of(1)));
  }

  @Test
  void shouldKnowTheConditionsOfReplicas() {
    MetadataImage image = withConditions();

    assertThat(image.condition(2, A, 0)).isEqualTo(ReplicaCondition.OFFLINE);
    assertThat(image.condition(2, A, 1)).isEqualTo(ReplicaCondition.FULL);
    assertThat(image.condition(1, A, 0)).isEqualTo(ReplicaCondition.ONLINE);
    assertThat(snapshot(MetadataImage.EMPTY, image).sameContent(image)).isTrue();
    MetadataImage after =
        derive(image, new ReplicaConditions(A, 2, ReplicaCondition.ONLINE, List.of(0, 1))).image();
    assertThat(after.allOnline()).isTrue();
  }

  @Test
  void shouldForgetTheConditionsOfReplicasThatAreNoMore() {
    MetadataImage image = withConditions();

    assertThat(derive(image, new RemoveTopic(A)).image().allOnline()).isTrue();
    assertThat(derive(image, new UnregisterNode(2, 2)).image().allOnline()).isTrue();
    PartitionChange moved = new PartitionChange(A, 0, List.of(1), List.of(1), null, null);
    assertThat(derive(image, moved).image().conditions(2))
        .isEqualTo(Map.of(A, Map.of(1, ReplicaCondition.FULL)));
  }

  @Test
  void shouldNotRememberDeletionsOfANodeThatIsAlone() {
    MetadataImage image = image(broker(1), new Topic(A, "a"), partition(A, 0), new RemoveTopic(A));
    assertThat(image.removedTopics()).isEmpty();
  }

  @Test
  void shouldForgetDeletionsWithTheLastNodeTheyWaitFor() {
    MetadataImage image =
        image(broker(1), broker(2), new Topic(A, "a"), partition(A, 0), new RemoveTopic(A));
    MetadataImage one = derive(image, new UnregisterNode(1, 0)).image();
    assertThat(one.removedTopics()).isEqualTo(Map.of(A, new RemovedTopic(4, Set.of(2))));
    assertThat(one.brokers()).containsOnlyKeys(2);
    assertThat(derive(one, new UnregisterNode(2, 1)).image().removedTopics()).isEmpty();
  }

  @Test
  void shouldSayWhatASnapshotChanged() {
    MetadataImage before =
        image(
            broker(1),
            broker(2),
            new Topic(A, "a"),
            partition(A, 0),
            new Topic(B, "b"),
            partition(B, 0),
            new Config(ConfigResource.broker(1), "k", "1"));
    MetadataImage now =
        derive(
                before,
                new RemoveTopic(A),
                partition(B, 1),
                new FenceBroker(2, 1),
                new Config(ConfigResource.broker(1), "k", null))
            .image();
    ImageBuilder.Derived derived =
        new ImageBuilder(before).applySnapshot(now.offset(), now.toRecords()).build();
    assertThat(derived.image().sameContent(now)).isTrue();
    assertThat(derived.delta().deletedTopics()).containsOnlyKeys(A);
    assertThat(derived.delta().changedTopics()).containsOnlyKeys(B);
    assertThat(derived.delta().changedBrokers()).containsExactly(2);
    assertThat(derived.delta().changedConfigs()).containsExactly(ConfigResource.broker(1));
  }

  @Test
  void shouldNotTakeATopicThatASnapshotMissesForADeletedOne() {
    MetadataImage before = image(broker(1), new Topic(A, "a"), partition(A, 0));
    MetadataImage other = image(broker(1), new Feature("f", 1), new Feature("g", 1), broker(1));
    ImageDelta delta =
        new ImageBuilder(before).applySnapshot(other.offset(), other.toRecords()).build().delta();
    assertThat(delta.deletedTopics()).isEmpty();
  }

  @Test
  void shouldRefuseASnapshotOfThePast() {
    MetadataImage image = image(broker(1), broker(2));
    assertThatThrownBy(() -> new ImageBuilder(image).applySnapshot(0, List.of()))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void shouldKeepWhatNodesSaidAboutThemselves() {
    NodeTraits traits =
        new NodeTraits(
            new UUID(1, 1),
            List.of(new UUID(2, 2)),
            Map.of(MetadataVersion.FEATURE, new FeatureRange(1, 2)),
            true);
    MetadataImage image =
        image(
            new RegisterBroker(1, List.of(), "r", false, -1, false, traits),
            new StopBroker(1, 0),
            new RegisterController(2, -1, traits));
    assertThat(image.brokers().get(1))
        .isEqualTo(new BrokerImage(1, 0, List.of(), "r", false, true, traits));
    assertThat(image.brokers().get(1).active()).isFalse();
    assertThat(image.controllers()).isEqualTo(Map.of(2, new ControllerImage(2, 2, traits)));
    assertThat(snapshot(MetadataImage.EMPTY, image).sameContent(image)).isTrue();
  }
}
