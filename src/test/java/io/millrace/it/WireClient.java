package io.millrace.it;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.MessageUtil;

/**
 * One connection on which a test decides every byte. Blocking, with a time limit for each read.
 *
 * <p>Owner: the thread that made it.
 */
final class WireClient implements AutoCloseable {
  private static final int TIMEOUT_MS = 20_000;

  private final Socket socket;
  private final DataInputStream in;
  private final OutputStream out;
  private int correlationId;
  private volatile boolean reset;

  private WireClient(Socket socket) throws IOException {
    this.socket = socket;
    this.in = new DataInputStream(socket.getInputStream());
    this.out = socket.getOutputStream();
  }

  /**
   * Connects.
   *
   * @throws UncheckedIOException when nobody listens
   */
  static WireClient connect(InetSocketAddress address) {
    return connect(address, 0);
  }

  /**
   * Connects with a receive buffer of the given size in bytes; 0 = the system's.
   *
   * @throws UncheckedIOException when nobody listens
   */
  static WireClient connect(InetSocketAddress address, int receiveBuffer) {
    Socket socket = new Socket();
    try {
      if (receiveBuffer > 0) {
        socket.setReceiveBufferSize(receiveBuffer);
      }
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(TIMEOUT_MS);
      socket.connect(address, TIMEOUT_MS);
      return new WireClient(socket);
    } catch (IOException e) {
      try {
        socket.close();
      } catch (IOException suppressed) {
        e.addSuppressed(suppressed);
      }
      throw new UncheckedIOException(e);
    }
  }

  /** Header and body of a request, without the length in front. */
  static ByteBuffer encode(
      ApiKeys key, int version, int correlationId, String clientId, ApiMessage body) {
    RequestHeaderData header =
        new RequestHeaderData()
            .setRequestApiKey(key.id)
            .setRequestApiVersion((short) version)
            .setCorrelationId(correlationId)
            .setClientId(clientId);
    ByteBuffer head =
        MessageUtil.toByteBufferAccessor(header, key.requestHeaderVersion((short) version))
            .buffer();
    ByteBuffer tail = MessageUtil.toByteBufferAccessor(body, (short) version).buffer();
    return ByteBuffer.allocate(head.remaining() + tail.remaining()).put(head).put(tail).flip();
  }

  /**
   * Asks this node, and no other, for a topic of one partition; who asks clients is led to others.
   *
   * @param timeoutMs how long the node may wait for the controller
   */
  Errors createTopic(String topic, int timeoutMs) {
    CreateTopicsRequestData request = new CreateTopicsRequestData().setTimeoutMs(timeoutMs);
    request
        .topics()
        .add(
            new CreatableTopic()
                .setName(topic)
                .setNumPartitions(1)
                .setReplicationFactor((short) 1));
    var response = (CreateTopicsResponseData) call(ApiKeys.CREATE_TOPICS, 7, request);
    return Errors.forCode(response.topics().find(topic).errorCode());
  }

  /** Sends a request and waits for its answer. */
  ApiMessage call(ApiKeys key, int version, ApiMessage body) {
    return receive(key, version, send(key, version, body));
  }

  /** Sends a request. Returns its correlation id. */
  int send(ApiKeys key, int version, ApiMessage body) {
    int id = ++correlationId;
    sendFrame(encode(key, version, id, "wire", body));
    return id;
  }

  /** Sends the bytes with their length in front. */
  void sendFrame(ByteBuffer frame) {
    ByteBuffer all =
        ByteBuffer.allocate(4 + frame.remaining()).putInt(frame.remaining()).put(frame.duplicate());
    sendRaw(all.array());
  }

  /** Sends the bytes as they are. */
  void sendRaw(byte[] bytes) {
    try {
      out.write(bytes);
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The next answer, which must be the one to the request with this correlation id. */
  ApiMessage receive(ApiKeys key, int version, int expectedId) {
    ByteBuffer frame = receiveFrame();
    if (frame == null) {
      throw new UncheckedIOException(new EOFException("closed by the broker"));
    }
    int id = frame.getInt(frame.position());
    if (id != expectedId) {
      throw new IllegalStateException("answer " + id + " instead of " + expectedId);
    }
    return decode(key, version, frame);
  }

  /** Reads a whole answer, header and body. */
  static ApiMessage decode(ApiKeys key, int version, ByteBuffer frame) {
    ByteBufferAccessor readable = new ByteBufferAccessor(frame);
    ResponseHeaderData header =
        new ResponseHeaderData(readable, key.responseHeaderVersion((short) version));
    ApiMessage body = key.messageType.newResponse();
    body.read(readable, (short) version);
    if (frame.hasRemaining()) {
      throw new IllegalStateException(
          frame.remaining() + " bytes left in answer " + header + " to " + key);
    }
    return body;
  }

  /** The next frame without its length; null = the broker closed the connection. */
  ByteBuffer receiveFrame() {
    try {
      byte[] bytes = new byte[in.readInt()];
      in.readFully(bytes);
      return ByteBuffer.wrap(bytes);
    } catch (EOFException e) {
      return null;
    } catch (SocketTimeoutException e) {
      throw new UncheckedIOException(e);
    } catch (IOException e) {
      // "Connection reset": it closed before it had read everything.
      reset = true;
      return null;
    }
  }

  /** Whether the broker closed the connection with requests unread, so that answers may be lost. */
  boolean wasReset() {
    return reset;
  }

  /** Waits until the broker closes the connection; answers before that are dropped. */
  boolean isClosedByBroker() {
    while (true) {
      try {
        if (receiveFrame() == null) {
          return true;
        }
      } catch (UncheckedIOException e) {
        return false;
      }
    }
  }

  /** Sends the end of the stream; answers can still be read. */
  void endSending() {
    try {
      socket.shutdownOutput();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Limits the time that each read waits. */
  void setTimeout(int ms) {
    try {
      socket.setSoTimeout(ms);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
