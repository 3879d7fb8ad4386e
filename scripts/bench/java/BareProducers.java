import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.Locale;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceDataCollection;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;

/**
 * As SyncProducers, but one thread that sends the same bytes again and again over several
 * connections: on a small machine many KafkaProducers measure themselves.
 *
 * <p>Usage: BareProducers HOST:PORT TOPIC CONNECTIONS SECONDS WARMUP_SECONDS SIZE. Prints {@code
 * BARE rps=… records=… ack_p50=… …}.
 */
public final class BareProducers {
  private static final short VERSION = 9;

  /** One connection: what it sends, and what has come of the answer. */
  private static final class Producer {
    private final SocketChannel channel;
    private final ByteBuffer request;
    private final ByteBuffer answer = ByteBuffer.allocateDirect(4096);
    private long sentNs;

    Producer(InetSocketAddress address, ByteBuffer request, Selector selector) throws IOException {
      this.request = request;
      channel = SocketChannel.open(address);
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      channel.configureBlocking(false);
      channel.register(selector, SelectionKey.OP_READ, this);
    }

    void send() throws IOException {
      request.clear();
      while (request.hasRemaining()) {
        channel.write(request);
      }
      sentNs = System.nanoTime();
    }

    /** Whether the answer is complete. */
    boolean receive() throws IOException {
      if (channel.read(answer) < 0) {
        throw new IOException("closed by the broker");
      }
      if (answer.position() < 4 || answer.position() < 4 + answer.getInt(0)) {
        return false;
      }
      // Length, correlation id, tags, one topic with its name, one partition with its index.
      int error = answer.getShort(4 + 4 + 1 + 1 + 1 + answer.get(10) - 1 + 1 + 4);
      if (error != 0) {
        throw new IOException("error " + error);
      }
      answer.clear();
      return true;
    }
  }

  private BareProducers() {}

  public static void main(String[] args) throws Exception {
    String[] address = args[0].split(":");
    InetSocketAddress broker = new InetSocketAddress(address[0], Integer.parseInt(address[1]));
    long measuredNs = (long) (Double.parseDouble(args[3]) * 1e9);
    long from = System.nanoTime() + (long) (Double.parseDouble(args[4]) * 1e9);
    long until = from + measuredNs;
    byte[] value = new byte[Integer.parseInt(args[5])];
    Percentiles latencies = new Percentiles();
    try (Selector selector = Selector.open()) {
      for (int i = 0; i < Integer.parseInt(args[2]); i++) {
        new Producer(broker, request(args[1], value), selector).send();
      }
      while (System.nanoTime() < until) {
        selector.select(100);
        for (SelectionKey key : selector.selectedKeys()) {
          Producer producer = (Producer) key.attachment();
          if (producer.receive()) {
            long now = System.nanoTime();
            if (producer.sentNs >= from && now <= until) {
              latencies.add(now - producer.sentNs);
            }
            producer.send();
          }
        }
        selector.selectedKeys().clear();
      }
    }
    System.out.printf(
        Locale.ROOT,
        "BARE rps=%.1f records=%d %s%n",
        latencies.count() / (measuredNs / 1e9),
        latencies.count(),
        latencies.line("ack"));
    System.exit(0);
  }

  private static ByteBuffer request(String topic, byte[] value) {
    PartitionProduceData partition =
        new PartitionProduceData()
            .setRecords(MemoryRecords.withRecords(Compression.NONE, new SimpleRecord(value)));
    ProduceRequestData body =
        new ProduceRequestData()
            .setAcks((short) -1)
            .setTimeoutMs(30_000)
            .setTopicData(
                new TopicProduceDataCollection(
                    List.of(
                            new TopicProduceData()
                                .setName(topic)
                                .setPartitionData(List.of(partition)))
                        .iterator()));
    RequestHeaderData header =
        new RequestHeaderData()
            .setRequestApiKey(ApiKeys.PRODUCE.id)
            .setRequestApiVersion(VERSION)
            .setClientId("bare");
    ByteBuffer head =
        MessageUtil.toByteBufferAccessor(header, ApiKeys.PRODUCE.requestHeaderVersion(VERSION))
            .buffer();
    ByteBuffer tail = MessageUtil.toByteBufferAccessor(body, VERSION).buffer();
    int size = head.remaining() + tail.remaining();
    return ByteBuffer.allocateDirect(4 + size).putInt(size).put(head).put(tail);
  }
}
