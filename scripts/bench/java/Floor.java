import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.message.ApiVersionsResponseData.ApiVersion;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseBroker;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponsePartition;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseTopic;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.message.ProduceResponseData.TopicProduceResponse;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.MessageUtil;

/**
 * A server that acknowledges every Produce request without looking at it: what remains of the time
 * of a message is client, kernel and scheduler, the floor that no broker gets below.
 *
 * <p>Usage: Floor TOPIC. Prints {@code FLOOR port}. One blocking thread for each connection.
 */
public final class Floor {
  private static final short PRODUCE_VERSION = 9;
  private static final short METADATA_VERSION = 12;
  private static final short INIT_PRODUCER_ID_VERSION = 4;

  private Floor() {}

  public static void main(String[] args) throws Exception {
    try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"))) {
      System.out.println("FLOOR " + server.getLocalPort());
      while (true) {
        Socket socket = server.accept();
        socket.setTcpNoDelay(true);
        Thread thread = new Thread(() -> serve(socket, args[0], server.getLocalPort()));
        thread.setDaemon(true);
        thread.start();
      }
    }
  }

  private static void serve(Socket socket, String topic, int port) {
    try (socket;
        DataInputStream in = new DataInputStream(socket.getInputStream())) {
      long offset = 0;
      while (true) {
        byte[] request = new byte[in.readInt()];
        in.readFully(request);
        ByteBuffer buffer = ByteBuffer.wrap(request);
        ApiKeys key = ApiKeys.forId(buffer.getShort());
        short version = buffer.getShort();
        int correlationId = buffer.getInt();
        ApiMessage answer =
            switch (key) {
              case API_VERSIONS -> apiVersions();
              case METADATA -> metadata(topic, port);
              case INIT_PRODUCER_ID ->
                  new InitProducerIdResponseData().setProducerId(1).setProducerEpoch((short) 0);
              case PRODUCE -> produced(topic, offset++);
              default -> throw new IOException("unexpected request " + key);
            };
        // Clients ask for the versions in one that this server need not know.
        short answered = key == ApiKeys.API_VERSIONS && version > 3 ? 3 : version;
        byte[] out = frame(key, answered, correlationId, answer);
        socket.getOutputStream().write(out);
      }
    } catch (IOException e) {
      // The client has gone.
    }
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

  private static ApiMessage metadata(String topic, int port) {
    MetadataResponseData answer = new MetadataResponseData().setClusterId("floor").setControllerId(1);
    answer
        .brokers()
        .add(new MetadataResponseBroker().setNodeId(1).setHost("127.0.0.1").setPort(port));
    MetadataResponseTopic described =
        new MetadataResponseTopic().setName(topic).setTopicId(new Uuid(1, 1));
    described
        .partitions()
        .add(
            new MetadataResponsePartition()
                .setPartitionIndex(0)
                .setLeaderId(1)
                .setLeaderEpoch(0)
                .setReplicaNodes(List.of(1))
                .setIsrNodes(List.of(1)));
    answer.topics().add(described);
    return answer;
  }

  private static ApiMessage produced(String topic, long offset) {
    ProduceResponseData answer = new ProduceResponseData();
    TopicProduceResponse of = new TopicProduceResponse().setName(topic);
    of.partitionResponses()
        .add(new PartitionProduceResponse().setIndex(0).setBaseOffset(offset).setLogStartOffset(0));
    answer.responses().add(of);
    return answer;
  }
}
