package io.millrace.replication.simulation;

import io.millrace.client.PeerFailures;
import io.millrace.client.Peers;
import io.millrace.protocol.peer.PeerSubject;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.protocol.ApiMessage;

/**
 * The other nodes, as a process talks to them: a request that is not answered in time has failed,
 * and may arrive all the same, also after those of the next connection.
 *
 * <p>Owner: the simulation's thread.
 */
final class SimulatedPeers implements Peers {
  /** So long a request waits until it is sent, at most: as if the leader had waited for news. */
  private static final int MAX_PACE_MS = 10;

  private record Lane(int nodeId, String name) {}

  /**
   * A connection, as the node knows it that is asked.
   *
   * @param process of the node that asks
   * @param number of it, among those of the process
   */
  record Connection(int from, int process, int number) {}

  private final SimulatedBroker broker;
  private final Map<Lane, Connection> connections = new HashMap<>();
  private int opened;

  SimulatedPeers(SimulatedBroker broker) {
    this.broker = broker;
  }

  @Override
  public Future<ApiMessage> request(
      int nodeId, String lane, ApiMessage body, short version, long timeoutMs) {
    Promise<ApiMessage> answered = Promise.promise();
    broker.later(
        1 + broker.world.random().nextInt(MAX_PACE_MS),
        () -> send(new Lane(nodeId, lane), body, answered, timeoutMs));
    return answered.future();
  }

  private void send(Lane lane, ApiMessage body, Promise<ApiMessage> answered, long timeoutMs) {
    Connection connection =
        connections.computeIfAbsent(
            lane, any -> new Connection(broker.id, broker.process(), ++opened));
    SimulatedBroker to = broker.world.broker(lane.nodeId);
    int process = broker.process();
    broker.send(
        to,
        () ->
            to.serveFetch(
                connection,
                body,
                answer ->
                    broker.world.send(
                        to.id,
                        broker.id,
                        () -> broker.run(process, () -> answered.tryComplete(answer)))));
    broker.later(
        timeoutMs,
        () -> {
          if (answered.tryFail(PeerFailures.lost(lane.nodeId))
              && broker.world.random().nextBoolean()) {
            connections.remove(lane, connection);
          }
        });
  }

  @Override
  public void tell(int nodeId, PeerSubject subject, ByteBuffer message) {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean isConnected(int nodeId, String lane) {
    return connections.containsKey(new Lane(nodeId, lane));
  }

  @Override
  public void disconnect(int nodeId) {
    connections.keySet().removeIf(lane -> lane.nodeId == nodeId);
  }

  @Override
  public Future<Void> close() {
    connections.clear();
    return Future.succeededFuture();
  }
}
