package io.millrace.network;

import static io.millrace.network.TestNode.await;
import static io.millrace.network.TestNode.number;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.millrace.client.PeerException;
import io.millrace.client.PeerException.Reason;
import io.vertx.core.Future;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.protocol.ApiMessage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;

/**
 * Nodes and the internal listeners between them, over real sockets.
 *
 * <p>Owner: the test's thread.
 */
@Timeout(120)
abstract class PeerNodes {
  private final NettyLeaks leaks = new NettyLeaks();
  private final Deque<TestNode> nodes = new ArrayDeque<>();

  @AfterEach
  void shouldHaveReleasedEveryBuffer() {
    while (!nodes.isEmpty()) {
      TestNode node = nodes.pop();
      node.close();
      assertThat(node.memory.usedBytes()).isZero();
    }
    assertThat(leaks.find()).isEmpty();
    leaks.close();
  }

  TestNode node(String clusterId, int nodeId, String secret) {
    return keep(new TestNode(clusterId, nodeId, secret));
  }

  TestNode keep(TestNode node) {
    nodes.push(node);
    return node;
  }

  TestNode server() {
    return node("A", 1, "s").listen(0).serve();
  }

  TestNode clientOf(TestNode server) {
    return node("A", 2, "s").knows(server);
  }

  static PeerException failureOf(Future<ApiMessage> request) {
    return catchThrowableOfType(PeerException.class, () -> await(request));
  }

  static void awaitTrue(BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + 20_000_000_000L;
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("in time").isLessThan(deadline);
      Thread.onSpinWait();
    }
  }

  /** Messages may be lost while there is no connection. */
  static void tellUntilHeard(TestNode from, TestNode to, String message)
      throws InterruptedException {
    String expected = from.id() + " " + message;
    String heard = null;
    while (!expected.equals(heard)) { // or it is one that was told again before
      from.tell(to, message);
      heard = to.messages.poll(20, TimeUnit.MILLISECONDS);
    }
  }

  static ApiMessage askUntilAnswered(TestNode client, int number) {
    while (true) {
      try {
        return await(client.ask(1, number));
      } catch (PeerException e) {
        assertThat(e.reason()).isIn(Reason.NO_CONNECTION, Reason.REFUSED);
      }
    }
  }
}
