package io.millrace.api.peer;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.RequestHandler;
import io.millrace.api.TestImage;
import io.millrace.api.TestRequest;
import io.millrace.client.PeerFailures;
import io.millrace.client.Peers;
import io.millrace.protocol.peer.PeerSubject;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;

/**
 * Other nodes that answer by handlers, unless the network fails.
 *
 * <p>Owner: whoever asks; the test's thread, before and after.
 */
public final class FakePeers implements Peers {
  private final Map<Integer, Map<ApiKeys, RequestHandler>> nodes = new HashMap<>();
  public final Set<Integer> unreachable = new HashSet<>();
  public final Set<Integer> silent = new HashSet<>();

  /** Nodes that do what they are asked, and whose next answer is lost. */
  public final Queue<Integer> losesAnswer = new ArrayDeque<>();

  /** Happens before a failure is reported. */
  Runnable onFailure = () -> {};

  /** What the others know of the cluster. */
  public TestImage image = TestImage.ofOne();

  /** Node, lane and key of each request. */
  public final List<String> asked = new CopyOnWriteArrayList<>();

  public FakePeers node(int nodeId, List<RequestHandler> handlers) {
    Map<ApiKeys, RequestHandler> byKey = new EnumMap<>(ApiKeys.class);
    handlers.forEach(handler -> byKey.put(handler.key(), handler));
    nodes.put(nodeId, byKey);
    return this;
  }

  @Override
  public Future<ApiMessage> request(
      int nodeId, String lane, ApiMessage body, short version, long timeoutMs) {
    ApiKeys key = ApiKeys.forId(body.apiKey());
    asked.add(nodeId + " " + lane + " " + key.name);
    if (unreachable.contains(nodeId)) {
      onFailure.run();
      return Future.failedFuture(PeerFailures.unreachable(nodeId));
    }
    if (silent.contains(nodeId)) {
      return Promise.<ApiMessage>promise().future();
    }
    RequestHandler handler = nodes.get(nodeId).get(key);
    assertThat(version).isBetween(handler.minVersion(), handler.maxVersion());
    ApiMessage answer = TestRequest.ask(handler, image, version, body);
    if (losesAnswer.remove(nodeId)) {
      onFailure.run();
      return Future.failedFuture(PeerFailures.lost(nodeId));
    }
    return Future.succeededFuture(answer);
  }

  @Override
  public void tell(int nodeId, PeerSubject subject, ByteBuffer message) {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean isConnected(int nodeId, String lane) {
    return !unreachable.contains(nodeId);
  }

  @Override
  public void disconnect(int nodeId) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Future<Void> close() {
    return Future.succeededFuture();
  }
}
