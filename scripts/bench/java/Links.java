import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.PriorityQueue;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.apache.kafka.common.message.ApiMessageType;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.MessageUtil;

/**
 * One thread with thousands of bare connections to a broker, and timers: what clients of groups are
 * made of where KafkaConsumers, with threads of their own, would measure themselves.
 */
final class Links implements AutoCloseable {
  private record Task(long dueNs, Runnable run) {}

  private record Call(int correlationId, ApiKeys key, short version, Consumer<ApiMessage> answer) {}

  /** One connection; requests may overlap, answers come in their order. */
  final class Link {
    private final SocketChannel channel;
    private final ArrayDeque<Call> calls = new ArrayDeque<>();
    private ByteBuffer in = ByteBuffer.allocate(512);
    private int lastCorrelationId;

    private Link() throws IOException {
      channel = SocketChannel.open(broker);
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      channel.configureBlocking(false);
      channel.register(selector, SelectionKey.OP_READ, this);
    }

    /** Sends; the answer comes to the consumer while {@link Links#runUntil} runs. */
    void call(ApiMessage request, int version, Consumer<ApiMessage> answer) {
      ApiKeys key = ApiKeys.forId(request.apiKey());
      short v = (short) version;
      RequestHeaderData header =
          new RequestHeaderData()
              .setRequestApiKey(key.id)
              .setRequestApiVersion(v)
              .setCorrelationId(++lastCorrelationId)
              .setClientId("bench");
      ByteBuffer head =
          MessageUtil.toByteBufferAccessor(header, key.requestHeaderVersion(v)).buffer();
      ByteBuffer body = MessageUtil.toByteBufferAccessor(request, v).buffer();
      int size = head.remaining() + body.remaining();
      ByteBuffer out = ByteBuffer.allocate(4 + size).putInt(size).put(head).put(body).flip();
      calls.add(new Call(lastCorrelationId, key, v, answer));
      try {
        while (out.hasRemaining()) {
          channel.write(out);
        }
      } catch (IOException e) {
        throw new IllegalStateException("cannot send " + key, e);
      }
    }

    private void receive() throws IOException {
      if (channel.read(in) < 0) {
        throw new IOException("closed by the broker");
      }
      int at = 0;
      int missing = 1;
      while (in.position() - at >= 4) {
        int end = at + 4 + in.getInt(at);
        if (end > in.position()) {
          missing = end - in.position();
          break;
        }
        answer(in.duplicate().position(at + 4).limit(end));
        at = end;
      }
      in.limit(in.position()).position(at);
      in.compact();
      if (in.remaining() < missing) {
        in = ByteBuffer.allocate(in.position() + Math.max(missing, in.capacity())).put(in.flip());
      }
    }

    private void answer(ByteBuffer frame) {
      Call call = calls.remove();
      int correlationId = frame.getInt();
      if (correlationId != call.correlationId) {
        throw new IllegalStateException("answer to " + correlationId + " for " + call);
      }
      if (call.key.responseHeaderVersion(call.version) > 0) {
        // No tags, in a header of both brokers.
        frame.get();
      }
      ApiMessage message = ApiMessageType.fromApiKey(call.key.id).newResponse();
      message.read(new ByteBufferAccessor(frame), call.version);
      call.answer.accept(message);
    }
  }

  private final InetSocketAddress broker;
  private final Selector selector = Selector.open();
  private final PriorityQueue<Task> tasks =
      new PriorityQueue<>((a, b) -> Long.compare(a.dueNs - b.dueNs, 0));

  Links(String address) throws IOException {
    String[] parts = address.split(":");
    broker = new InetSocketAddress(parts[0], Integer.parseInt(parts[1]));
  }

  Link open() throws IOException {
    return new Link();
  }

  /** Runs something later, on the thread that is in {@link #runUntil}. */
  void after(long delayMs, Runnable run) {
    tasks.add(new Task(System.nanoTime() + delayMs * 1_000_000, run));
  }

  /** Receives and runs what is due until the condition holds, or for so long. */
  boolean runFor(long timeoutMs, BooleanSupplier done) throws IOException {
    long end = System.nanoTime() + timeoutMs * 1_000_000;
    while (!done.getAsBoolean()) {
      long now = System.nanoTime();
      if (now - end >= 0) {
        return false;
      }
      while (!tasks.isEmpty() && tasks.peek().dueNs - now <= 0) {
        tasks.poll().run.run();
      }
      long wait = Math.min(10_000_000, tasks.isEmpty() ? end - now : tasks.peek().dueNs - now);
      if (wait < 1_000_000) {
        selector.selectNow();
      } else {
        selector.select(wait / 1_000_000);
      }
      for (SelectionKey key : selector.selectedKeys()) {
        ((Link) key.attachment()).receive();
      }
      selector.selectedKeys().clear();
    }
    return true;
  }

  void runUntil(String what, BooleanSupplier done) throws IOException {
    if (!runFor(180_000, done)) {
      throw new IllegalStateException("not within three minutes: " + what);
    }
  }

  @Override
  public void close() throws IOException {
    for (SelectionKey key : selector.keys()) {
      key.channel().close();
    }
    selector.close();
  }
}
