package io.millrace.quorum;

import static io.millrace.quorum.QuorumCluster.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import java.nio.file.Path;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/**
 * Several replicas on real files, with everything between rules and disk.
 *
 * <p>Owner: the test's thread.
 */
abstract class ReplicasOnDisks {
  @TempDir Path temp;
  QuorumCluster cluster;

  @BeforeEach
  void build() {
    cluster = new QuorumCluster(temp);
  }

  @AfterEach
  void close() {
    cluster.close();
  }

  static Errors failureOf(Future<?> future) {
    await(future.otherwiseEmpty());
    assertThat(future.cause()).isInstanceOf(QuorumException.class);
    return ((QuorumException) future.cause()).error();
  }

  void assertSameEverywhere(int... nodeIds) {
    for (int nodeId : nodeIds) {
      assertThat(cluster.node(nodeId).state()).isEqualTo(cluster.node(nodeIds[0]).state());
    }
  }
}
