package io.millrace.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.FakePartitions;
import io.millrace.cluster.PartitionLive;
import io.millrace.model.TestLoop;
import io.millrace.model.TopicIdPartition;
import io.millrace.partition.FakeReplica;
import io.millrace.partition.FetchAnswer;
import io.vertx.core.Vertx;
import java.util.List;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ReplicaSurveyTest {
  private final Vertx vertx = Vertx.vertx();
  private final FakePartitions partitions = new FakePartitions();
  private final ReplicaSurvey survey = new ReplicaSurvey(vertx, partitions);

  @AfterEach
  void stop() {
    survey.close();
    vertx.close().await();
  }

  private FakeReplica replica(int partition) {
    FakeReplica replica =
        new FakeReplica(Errors.NONE, FetchAnswer.refused(Errors.NOT_LEADER_OR_FOLLOWER));
    partitions.add("t", partition).replica = replica;
    return replica;
  }

  private void lead(int partition) {
    TopicIdPartition id = partitions.all().stream().skip(partition).findFirst().orElseThrow().id();
    replica(partition).leads(new PartitionLive(id, 1, 5, 0, 10, List.of()));
  }

  @Test
  void shouldAskAllPartitionsOfALoopHoweverManyTheyAre() {
    for (int partition = 0; partition < 1_000; partition++) {
      replica(partition);
    }
    for (int partition = 0; partition < 1_000; partition += 2) {
      lead(partition);
    }
    survey.start();

    new TestLoop().await(() -> survey.seen().led().size() == 500);

    assertThat(survey.seen().maxFollowerLag()).isZero();
  }

  @Test
  void shouldTellOfTheFollowerThatIsFurthestBehind() {
    replica(0).lacks(3);
    replica(1).lacks(11);
    replica(2).lacks(7);
    survey.start();

    new TestLoop().await(() -> survey.seen().maxFollowerLag() == 11);

    assertThat(survey.seen().led()).isEmpty();
  }
}
