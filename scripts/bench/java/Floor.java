import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.message.ApiVersionsResponseData.ApiVersion;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseBroker;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponsePartition;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseTopic;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.message.ProduceResponseData.TopicProduceResponse;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.record.internal.MemoryRecords;

/**
 * A server that acknowledges every Produce request without looking at its records: what remains of
 * the time of a message is client, kernel and scheduler, the floor that no broker gets below. With a
 * directory it also writes the records, one file for each partition, as any broker must.
 *
 * <p>Usage: Floor TOPIC [PARTITIONS DIRECTORY]. Prints {@code FLOOR port}. One blocking thread for
 * each connection, which reads into one direct buffer.
 */
public final class Floor {
  private static final short PRODUCE_VERSION = 9;
  private static final short METADATA_VERSION = 12;
  private static final short INIT_PRODUCER_ID_VERSION = 4;

  private final String topic;
  private final int port;
  private final long[] ends;
  // Empty = nothing is written.
  private final List<FileChannel> files = new ArrayList<>();

  private Floor(String topic, int port, int partitions, Path directory) throws IOException {
    this.topic = topic;
    this.port = port;
    this.ends = new long[partitions];
    for (int i = 0; directory != null && i < partitions; i++) {
      files.add(
          FileChannel.open(
              directory.resolve("floor-" + i),
              StandardOpenOption.CREATE,
              StandardOpenOption.APPEND));
    }
  }

  public static void main(String[] args) throws Exception {
    try (ServerSocketChannel server = ServerSocketChannel.open()) {
      server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      int port = ((InetSocketAddress) server.getLocalAddress()).getPort();
      boolean writes = args.length > 1;
      Floor floor =
          new Floor(
              args[0],
              port,
              writes ? Integer.parseInt(args[1]) : 1,
              writes ? Path.of(args[2]) : null);
      System.out.println("FLOOR " + port);
      while (true) {
        SocketChannel socket = server.accept();
        socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
        Thread thread = new Thread(() -> floor.serve(socket));
        thread.setDaemon(true);
        thread.start();
      }
    }
  }

  private void serve(SocketChannel socket) {
    ByteBuffer buffer = ByteBuffer.allocateDirect(2 << 20);
    try (socket) {
      while (true) {
        buffer.clear().limit(Integer.BYTES);
        fill(socket, buffer);
        int length = buffer.flip().getInt();
        buffer.clear().limit(length);
        fill(socket, buffer);
        buffer.flip();
        socket.write(ByteBuffer.wrap(answer(buffer)));
      }
    } catch (IOException e) {
      // The client has gone.
    }
  }

  private static void fill(SocketChannel socket, ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) {
      if (socket.read(buffer) < 0) {
        throw new EOFException();
      }
    }
  }

  private byte[] answer(ByteBuffer request) throws IOException {
    ApiKeys key = ApiKeys.forId(request.getShort(0));
    short version = request.getShort(2);
    int correlationId = request.getInt(4);
    ApiMessage answer =
        switch (key) {
          case API_VERSIONS -> apiVersions();
          case METADATA -> metadata();
          case INIT_PRODUCER_ID ->
              new InitProducerIdResponseData().setProducerId(1).setProducerEpoch((short) 0);
          case PRODUCE -> produced(request, version);
          default -> throw new IOException("unexpected request " + key);
        };
    // Clients ask for the versions in one that this server need not know.
    short answered = key == ApiKeys.API_VERSIONS && version > 3 ? 3 : version;
    return frame(key, answered, correlationId, answer);
  }

  private static byte[] frame(ApiKeys key, short version, int correlationId, ApiMessage answer) {
    ByteBuffer header =
        MessageUtil.toByteBufferAccessor(
                new ResponseHeaderData().setCorrelationId(correlationId),
                key.responseHeaderVersion(version))
            .buffer();
    ByteBuffer body = MessageUtil.toByteBufferAccessor(answer, version).buffer();
    return ByteBuffer.allocate(4 + header.remaining() + body.remaining())
        .putInt(header.remaining() + body.remaining())
        .put(header)
        .put(body)
        .array();
  }

  private static ApiMessage apiVersions() {
    ApiVersionsResponseData answer = new ApiVersionsResponseData();
    answer.apiKeys().add(range(ApiKeys.PRODUCE, PRODUCE_VERSION, PRODUCE_VERSION));
    answer.apiKeys().add(range(ApiKeys.METADATA, METADATA_VERSION, METADATA_VERSION));
    answer
        .apiKeys()
        .add(range(ApiKeys.INIT_PRODUCER_ID, INIT_PRODUCER_ID_VERSION, INIT_PRODUCER_ID_VERSION));
    answer.apiKeys().add(range(ApiKeys.API_VERSIONS, (short) 0, (short) 3));
    return answer;
  }

  private static ApiVersion range(ApiKeys key, short min, short max) {
    return new ApiVersion().setApiKey(key.id).setMinVersion(min).setMaxVersion(max);
  }

  private ApiMessage metadata() {
    MetadataResponseData answer = new MetadataResponseData().setClusterId("floor").setControllerId(1);
    answer
        .brokers()
        .add(new MetadataResponseBroker().setNodeId(1).setHost("127.0.0.1").setPort(port));
    MetadataResponseTopic described =
        new MetadataResponseTopic().setName(topic).setTopicId(new Uuid(1, 1));
    for (int i = 0; i < ends.length; i++) {
      described
          .partitions()
          .add(
              new MetadataResponsePartition()
                  .setPartitionIndex(i)
                  .setLeaderId(1)
                  .setLeaderEpoch(0)
                  .setReplicaNodes(List.of(1))
                  .setIsrNodes(List.of(1)));
    }
    answer.topics().add(described);
    return answer;
  }

  private ApiMessage produced(ByteBuffer frame, short version) throws IOException {
    ByteBufferAccessor request = new ByteBufferAccessor(frame);
    new RequestHeaderData(request, ApiKeys.PRODUCE.requestHeaderVersion(version));
    ProduceResponseData answer = new ProduceResponseData();
    for (TopicProduceData sent : new ProduceRequestData(request, version).topicData()) {
      TopicProduceResponse of = new TopicProduceResponse().setName(sent.name());
      for (PartitionProduceData partition : sent.partitionData()) {
        if (!files.isEmpty()) {
          ((MemoryRecords) partition.records()).writeFullyTo(files.get(partition.index()));
        }
        of.partitionResponses()
            .add(
                new PartitionProduceResponse()
                    .setIndex(partition.index())
                    .setBaseOffset(ends[partition.index()]++)
                    .setLogStartOffset(0));
      }
      answer.responses().add(of);
    }
    return answer;
  }
}
