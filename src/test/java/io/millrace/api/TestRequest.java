package io.millrace.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.metadata.ClusterImage;
import io.millrace.model.Loop;
import io.millrace.quota.ClientUse;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.MessageUtil;

/**
 * One request through a handler as it would come over the network: encoded and decoded in its
 * version, both ways, so that a field which the version does not have fails the test.
 */
@SuppressWarnings("TypeParameterUnusedInFormals") // the cast to the key's response is the point
public final class TestRequest extends LocalRequest {
  private final ClusterImage image;
  private ClusterImage newest;
  private final CompletableFuture<ApiMessage> response = new CompletableFuture<>();
  private ConnectionState connection = new ConnectionState();
  private Loop loop = new InlineLoop();
  private int peer = -1;
  private ClientUse use = ClientUse.NONE;
  private String listener = "PLAINTEXT";
  private InetSocketAddress local = address("10.1.2.3", 19092);

  public TestRequest(ClusterImage image, ApiKeys key, int version) {
    super(key, (short) version);
    this.image = image;
    this.newest = image;
  }

  /** On the connection's loop. */
  public TestRequest on(Loop ownLoop) {
    loop = ownLoop;
    return this;
  }

  /** Over a connection that others come over too. */
  public TestRequest over(ConnectionState shared) {
    connection = shared;
    return this;
  }

  /** The node's image has moved on since the request came. */
  public TestRequest newest(ClusterImage moved) {
    newest = moved;
    return this;
  }

  /** Of another node of the cluster. */
  public TestRequest ofPeer(int nodeId) {
    peer = nodeId;
    return this;
  }

  /** Of a client with these quotas. */
  public TestRequest with(ClientUse quotas) {
    use = quotas;
    return this;
  }

  public TestRequest listener(String name) {
    listener = name;
    return this;
  }

  public TestRequest reachedAt(String host, int port) {
    local = address(host, port);
    return this;
  }

  /** Sends it and waits for the response. */
  public static <T extends ApiMessage> T ask(
      RequestHandler handler, ClusterImage image, int version, ApiMessage request) {
    return new TestRequest(image, handler.key(), version).send(handler, request);
  }

  /** Sends it and waits for the response. */
  public <T extends ApiMessage> T send(RequestHandler handler, ApiMessage request) {
    begin(handler, request);
    return await();
  }

  /** Sends it. */
  public TestRequest begin(RequestHandler handler, ApiMessage request) {
    ApiMessage decoded = key().messageType.newRequest();
    decoded.read(encoded(request), version());
    handler.handle(this, decoded);
    return this;
  }

  /** Whether the handler has replied. */
  public boolean isAnswered() {
    return response.isDone();
  }

  /** Waits for the response. */
  public <T extends ApiMessage> T await() {
    ApiMessage decoded = key().messageType.newResponse();
    ByteBufferAccessor bytes;
    try {
      bytes = encoded(response.get(10, TimeUnit.SECONDS));
    } catch (Exception e) {
      throw new AssertionError("no response", e);
    }
    decoded.read(bytes, version());
    assertThat(bytes.remaining()).isZero();
    @SuppressWarnings("unchecked")
    T typed = (T) decoded;
    return typed;
  }

  private ByteBufferAccessor encoded(ApiMessage message) {
    ByteBuffer buffer = MessageUtil.toByteBufferAccessor(message, version()).buffer();
    return new ByteBufferAccessor(buffer);
  }

  private static InetSocketAddress address(String ip, int port) {
    try {
      return new InetSocketAddress(InetAddress.getByName(ip), port);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(e);
    }
  }

  @Override
  public ClientUse use() {
    return use;
  }

  @Override
  public String clientId() {
    return "test";
  }

  @Override
  public ClusterImage image() {
    return image;
  }

  @Override
  public ClusterImage newestImage() {
    return newest;
  }

  @Override
  public String listener() {
    return listener;
  }

  @Override
  public InetSocketAddress remoteAddress() {
    return address("10.1.2.4", 40000);
  }

  @Override
  public InetSocketAddress localAddress() {
    return local;
  }

  @Override
  public int peer() {
    return peer;
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
  public void reply(ApiMessage message) {
    assertThat(response.complete(message)).as("first reply").isTrue();
  }

  @Override
  public void close(String why) {
    response.completeExceptionally(new AssertionError("closed: " + why));
  }
}
