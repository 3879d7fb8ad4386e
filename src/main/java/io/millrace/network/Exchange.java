package io.millrace.network;

import io.millrace.api.ConnectionState;
import io.millrace.api.RequestContext;
import io.millrace.metadata.ClusterImage;
import io.millrace.model.Loop;
import io.millrace.protocol.RequestHeader;
import io.millrace.protocol.ThrottleTime;
import io.millrace.quota.ClientUse;
import io.netty.buffer.ByteBuf;
import java.net.InetSocketAddress;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;

/**
 * A request and the place of its answer in the order of the connection.
 *
 * <p>Owner: connection loop, but for the ends: {@link #reply}, {@link #replyNothing}, {@link
 * #close} and {@link #releaseFrame} hop there.
 */
final class Exchange implements RequestContext {
  private final Connection connection;
  private final RequestHeader header;
  private final short version;
  private final ClusterImage image;
  private final ByteBuf frame;
  private final int frameBytes;
  private final long startNanos;

  // Invariant: set once; from then on the exchange is complete. null with complete = nothing is to
  // be sent.
  private ApiMessage response;
  private boolean complete;
  // How long the client is to wait.
  private int throttleMs;
  // What the request has taken of threads, without what the handler takes right now.
  private long spentNanos;
  private boolean handled;
  private final ClientUse use;

  /**
   * An exchange.
   *
   * @param version the version of the answer, which is another than the header's only for an
   *     unknown version of ApiVersions
   */
  Exchange(
      Connection connection,
      RequestHeader header,
      short version,
      ClusterImage image,
      ByteBuf frame,
      ClientUse use,
      long startNanos) {
    this.connection = connection;
    this.header = header;
    this.version = version;
    this.image = image;
    this.frame = frame;
    this.frameBytes = frame.readableBytes();
    this.use = use;
    this.startNanos = startNanos;
  }

  int correlationId() {
    return header.correlationId();
  }

  long startNanos() {
    return startNanos;
  }

  int frameBytes() {
    return frameBytes;
  }

  boolean isComplete() {
    return complete;
  }

  int throttleMs() {
    return throttleMs;
  }

  /** The handler has come back. */
  void onHandled() {
    if (use.timesRequests() && !complete) {
      spentNanos += System.nanoTime() - startNanos;
    }
    handled = true;
  }

  /** null = nothing is to be sent. */
  ApiMessage response() {
    return response;
  }

  @Override
  public ApiKeys key() {
    return header.key();
  }

  @Override
  public short version() {
    return version;
  }

  @Override
  public String clientId() {
    return header.clientId();
  }

  @Override
  public ClusterImage image() {
    return image;
  }

  @Override
  public ClusterImage newestImage() {
    return connection.newestImage();
  }

  @Override
  public String listener() {
    return connection.listenerName();
  }

  @Override
  public int peer() {
    return connection.peer();
  }

  @Override
  public InetSocketAddress remoteAddress() {
    return connection.remoteAddress();
  }

  @Override
  public InetSocketAddress localAddress() {
    return connection.localAddress();
  }

  @Override
  public ClientUse use() {
    return use;
  }

  @Override
  public void throttle(int ms) {
    throttleMs = Math.max(throttleMs, ms);
  }

  @Override
  public void spent(long nanos) {
    if (complete) {
      use.spentLate(nanos, System.nanoTime());
    } else {
      spentNanos += nanos;
    }
  }

  @Override
  public ConnectionState connection() {
    return connection.state();
  }

  @Override
  public Loop loop() {
    return connection.loop();
  }

  @Override
  public void retainFrame() {
    frame.retain();
  }

  @Override
  public void releaseFrame() {
    if (frame.release()) {
      connection.frameReleased(frameBytes);
    }
  }

  @Override
  public void reply(ApiMessage message) {
    if (connection.loop().inLoop()) {
      complete(message);
    } else {
      connection.loop().execute(() -> complete(message));
    }
  }

  @Override
  public void replyNothing() {
    reply(null);
  }

  @Override
  public void close(String why) {
    connection.loop().run(() -> connection.close(why));
  }

  private void count(ApiMessage message) {
    long now = System.nanoTime();
    if (use.timesRequests()) {
      throttle(use.spent(spentNanos + (handled ? 0 : now - startNanos), now));
    }
    if (key() == ApiKeys.PRODUCE) {
      throttle(use.produced(frameBytes, now));
    }
    if (throttleMs > 0 && message != null) {
      ThrottleTime.set(message, throttleMs);
    }
  }

  private void complete(ApiMessage message) {
    if (complete) {
      throw new IllegalStateException("two answers to one " + header.key().name + " request");
    }
    if (use != ClientUse.NONE) {
      count(message);
    }
    response = message;
    complete = true;
    connection.onComplete(this);
  }
}
