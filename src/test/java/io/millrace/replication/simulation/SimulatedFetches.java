package io.millrace.replication.simulation;

import io.millrace.api.ConnectionState;
import io.millrace.api.LocalRequest;
import io.millrace.api.fetch.FetchHandler;
import io.millrace.api.fetch.FetchSessionSlots;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.MetadataImage;
import io.millrace.model.Clock;
import io.millrace.model.Loop;
import io.millrace.model.TopicId;
import io.millrace.partition.FetchAsk;
import io.millrace.partition.FetchRead;
import io.millrace.partition.Partition;
import io.millrace.partition.SimulatedReads;
import io.millrace.partition.UnaskedPartition;
import io.millrace.protocol.replica.ReplicaFetchRequest;
import io.millrace.replication.simulation.SimulatedLog.Entry;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.record.internal.MemoryRecords;

/**
 * How a process answers the fetches of followers: sessions and handler are the real ones. Nothing
 * waits, so that an answer is there when the handler returns.
 *
 * <p>Owner: the simulation's thread.
 */
final class SimulatedFetches {
  private static final InetSocketAddress ADDRESS =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);

  private final SimulatedBroker broker;
  private final FetchHandler handler;
  private final SimulatedLoop loop;
  private final Map<SimulatedPeers.Connection, ConnectionState> connections = new HashMap<>();
  // Of the request in hand.
  private List<Entry> found = List.of();

  SimulatedFetches(SimulatedBroker broker, SimulatedLoop loop) {
    this.broker = broker;
    this.loop = loop;
    this.handler =
        new FetchHandler(
            FetchHandler.Readers.FOLLOWERS,
            new Here(),
            new FetchSessionSlots(broker.world.sessionSlots()),
            () -> Integer.MAX_VALUE,
            List.of(loop),
            Clock.SYSTEM);
  }

  void serve(SimulatedPeers.Connection connection, ApiMessage request, Consumer<ApiMessage> reply) {
    found = List.of();
    ConnectionState state = connections.computeIfAbsent(connection, any -> new ConnectionState());
    handler.handle(new Request(connection, state, reply), request);
  }

  /** What was remembered of connections is lost. */
  void forgetSessions() {
    connections.values().forEach(ConnectionState::close);
    connections.clear();
  }

  /** The partition, and what it answers. */
  private final class Here extends UnaskedPartition {
    Here() {
      super(SimulatedController.ID, loop);
    }

    @Override
    public Partition get(TopicId topic, int partition) {
      return broker.replica().role() == null ? null : this;
    }

    @Override
    public void read(FetchRead reader, FetchAsk ask) {
      SimulatedLeader.answer(
          broker.replica().leader(),
          ask,
          (answer, records) -> {
            found = records;
            SimulatedReads.answer(reader, answer);
          });
    }

    @Override
    public void unwatch(FetchRead reader) {
      // Nobody waits here.
    }
  }

  private final class Request extends LocalRequest {
    private final SimulatedPeers.Connection from;
    private final ConnectionState connection;
    private final Consumer<ApiMessage> reply;

    Request(
        SimulatedPeers.Connection from, ConnectionState connection, Consumer<ApiMessage> reply) {
      super(ApiKeys.FETCH, ReplicaFetchRequest.VERSION);
      this.from = from;
      this.connection = connection;
      this.reply = reply;
    }

    @Override
    public void reply(ApiMessage response) {
      ((FetchResponseData) response)
          .responses()
          .forEach(
              topic ->
                  topic
                      .partitions()
                      .forEach(
                          partition ->
                              partition.setRecords(
                                  MemoryRecords.readableRecords(SimulatedLog.encode(found)))));
      reply.accept(response);
    }

    @Override
    public String clientId() {
      return null;
    }

    @Override
    public ClusterImage image() {
      MetadataImage image = broker.replica().image();
      return image == null ? MetadataImage.EMPTY : image;
    }

    @Override
    public String listener() {
      return SimulatedController.LISTENER;
    }

    @Override
    public InetSocketAddress remoteAddress() {
      return ADDRESS;
    }

    @Override
    public InetSocketAddress localAddress() {
      return ADDRESS;
    }

    @Override
    public int peer() {
      return from.from();
    }

    @Override
    public ConnectionState connection() {
      return connection;
    }

    @Override
    public Loop loop() {
      return loop;
    }

    @Override
    public void close(String why) {
      throw new UnsupportedOperationException(why);
    }
  }
}
