package io.millrace.client;

import io.millrace.protocol.peer.PeerSubject;
import io.vertx.core.Future;
import java.nio.ByteBuffer;
import org.apache.kafka.common.protocol.ApiMessage;

/**
 * The other nodes of the cluster, as this one talks to them: one-way messages, and requests in
 * Kafka's form. Connections are opened when they are first needed and opened again after a loss.
 *
 * <p>Owner: any thread.
 */
public interface Peers {
  /**
   * Sends a message if that is possible now, in order with the other messages to this node; drops
   * it when there is no connection, too much on its way already, or it is too large. Nobody is
   * told.
   *
   * @param message at most {@link PeerSubject#MAX_MESSAGE_BYTES}: its remaining bytes, which must
   *     not change afterwards; the buffer's position is left alone, so that one buffer can be told
   *     to many
   */
  void tell(int nodeId, PeerSubject subject, ByteBuffer message);

  /**
   * Asks a node. Requests of one lane go over one connection in the order of the calls, without
   * waiting for each other's answers; answers come in the same order.
   *
   * <p>Fails with a {@link PeerException}: at once when there is no address, or when the last
   * attempt to connect has just failed; else when the attempt fails, the connection ends or the
   * time is over.
   *
   * @param lane name of the connection: what must not wait for something slow has another one
   * @param body a request message
   * @param timeoutMs until the answer is here, connecting included
   * @return completes on the caller's Vert.x context if it has one, else on a loop of the node
   */
  Future<ApiMessage> request(
      int nodeId, String lane, ApiMessage body, short version, long timeoutMs);

  /**
   * A response whose records lie in memory that is lent.
   *
   * @param giveBack to be called when nobody reads the records any more; who never does leaves the
   *     memory to the garbage collector
   */
  record Lent(ApiMessage message, Runnable giveBack) {}

  /** As {@link #request}, for large answers that are needed for a short time. */
  default Future<Lent> borrow(
      int nodeId, String lane, ApiMessage body, short version, long timeoutMs) {
    return request(nodeId, lane, body, version, timeoutMs)
        .map(answer -> new Lent(answer, () -> {}));
  }

  /** Whether a lane to this node is open; null = the connection for messages. */
  boolean isConnected(int nodeId, String lane);

  /** Ends all connections to a node, such as one that has left the cluster. */
  void disconnect(int nodeId);

  /** Ends all connections; what is asked afterwards fails. */
  Future<Void> close();
}
