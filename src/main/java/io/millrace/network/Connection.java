package io.millrace.network;

import io.millrace.api.ConnectionState;
import io.millrace.api.RequestHandler;
import io.millrace.api.fetch.UnsentAnswers;
import io.millrace.metadata.ClusterImage;
import io.millrace.model.Loop;
import io.millrace.protocol.MalformedRequestException;
import io.millrace.protocol.RequestCodec;
import io.millrace.protocol.RequestHeader;
import io.millrace.protocol.ResponseEncoder;
import io.millrace.quota.ClientUse;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.socket.DuplexChannel;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection of a client or a node: frames in, replies out in the order of the requests.
 *
 * <p>Consecutive Produce requests overlap: the next is handed over while the previous waits to be
 * acknowledged; so do what nodes ask of each other for transactions. Any other key waits until all
 * earlier answers are out, and what comes after it waits for its answer. A connection whose client
 * does not take its answers is not read from.
 *
 * <p>Owner: connection loop.
 */
@SuppressWarnings(
    "FutureReturnValueIgnored") // Netty: a failed write or close ends in channelInactive.
final class Connection extends ChannelInboundHandlerAdapter
    implements FrameHandler, FrameDecoder.Sink {
  /** Opened by a client. */
  static final int NO_PEER = -1;

  private static final Logger log = LoggerFactory.getLogger(Connection.class);

  /** Requests of one connection that may wait for their acknowledgement at once. */
  private static final int MAX_OVERLAP = 64;

  /** Frames that were read together with others and have to wait; above it nothing more is read. */
  private static final int MAX_PENDING = 4;

  /** With more than this on its way to the client no further request is begun. */
  private static final long MAX_IN_FLIGHT_BYTES = 1 << 20;

  private final Shared shared;
  private final RequestService service;
  private final Loop loop;
  private final int peer;
  private final ConnectionState state = new ConnectionState();
  private final ArrayDeque<Exchange> order = new ArrayDeque<>();
  private final ArrayDeque<ByteBuf> pending = new ArrayDeque<>();

  private ChannelHandlerContext context;
  private FrameDecoder decoder;
  private Muting muting;
  private Throttle throttle;
  private ResponseWriter writer;
  private String clientId;
  private boolean starting;
  private boolean flushScheduled;
  private boolean closed;
  private boolean draining;
  // Our side has ended: what still comes in is thrown away.
  private boolean ended;
  private long lastActiveNanos = System.nanoTime();

  /**
   * A connection.
   *
   * @param peer node id of the node of the cluster that opened it; {@link #NO_PEER} = a client
   */
  Connection(Shared shared, Loop loop, int peer) {
    this.shared = shared;
    this.service = shared.service();
    this.loop = loop;
    this.peer = peer;
  }

  // ---- what exchanges ask

  ClusterImage newestImage() {
    return service.images().image();
  }

  String listenerName() {
    return shared.listenerName();
  }

  int peer() {
    return peer;
  }

  InetSocketAddress remoteAddress() {
    return (InetSocketAddress) context.channel().remoteAddress();
  }

  InetSocketAddress localAddress() {
    return (InetSocketAddress) context.channel().localAddress();
  }

  ConnectionState state() {
    return state;
  }

  Loop loop() {
    return loop;
  }

  void frameReleased(int bytes) {
    service.memory().release(bytes);
  }

  @Override
  public FrameDecoder decoder() {
    return decoder;
  }

  /** Where the channel reads to. */
  RecvByteBufAllocator receiveBuffers() {
    return new FrameReceiver.Allocator(() -> decoder);
  }

  // ---- life

  @Override
  public void handlerAdded(ChannelHandlerContext added) {
    context = added;
    decoder = new FrameDecoder(shared.maxRequestBytes(), added.alloc(), this);
    muting = new Muting(service.memory(), decoder, added.channel().config(), loop, this::wantsMore);
    throttle = new Throttle(service.quotas(), loop, this::startPending);
    writer = new ResponseWriter(added, this::onDrained);
  }

  /**
   * Closes a connection on which no request has become complete for too long and none is being
   * answered.
   */
  void closeIfIdle(long nowNanos, long idleMs) {
    if (!closed
        && order.isEmpty()
        && !throttle.isOn()
        && nowNanos - lastActiveNanos > idleMs * 1_000_000) {
      log.debug("Closing {}: idle for {} ms", remoteAddress(), idleMs);
      context.close();
    }
  }

  /** Ends a connection whose request arrives slowly while others wait for its memory. */
  void closeIfSlow(long nowNanos) {
    if (!closed && muting.isTooSlow(nowNanos)) {
      close(
          "a request arrives at less than "
              + Muting.MIN_BYTES_PER_S
              + " bytes a second, and queued.max.request.bytes are used up");
    }
  }

  /**
   * The node stops: no further request is begun, and our side of the connection ends as soon as
   * what was begun is answered.
   */
  void drain() {
    draining = true;
    muting.mute();
    endIfDrained();
  }

  private void endIfDrained() {
    // A parked Fetch is not worth waiting for: its client asks again, at the node that will be
    // there.
    boolean waiting = !order.isEmpty() && order.peek().key() != ApiKeys.FETCH;
    if (draining && !closed && !ended && !waiting && writer.inFlightBytes() == 0) {
      ended = true;
      abandonExchanges();
      // What else comes is not collected.
      decoder.close();
      muting.end();
      // Closing now, with requests unread, would reset the connection, and the client would lose
      // the answers that it has not read yet. It closes its side when it has seen our end.
      ((DuplexChannel) context.channel()).shutdownOutput();
      context.channel().config().setAutoRead(true);
    }
  }

  /** Closes at once. */
  void shutdown() {
    context.close();
  }

  /** Ends the connection because of something the client did. */
  void close(String why) {
    if (!closed) {
      shared.warnings().warn("Closing the connection of {}: {}", remoteAddress(), why);
      context.close();
      onClosed();
    }
  }

  /** The channel is gone, or about to be. */
  void onClosed() {
    if (closed) {
      return;
    }
    closed = true;
    decoder.close();
    throttle.close();
    muting.end();
    for (ByteBuf frame : pending) {
      release(frame);
    }
    pending.clear();
    state.close();
    abandonExchanges();
    shared.onClosed(this);
  }

  private void abandonExchanges() {
    for (Exchange exchange : order) {
      if (exchange.isComplete()) {
        UnsentAnswers.release(exchange.response());
      }
    }
    order.clear();
  }

  private void release(ByteBuf frame) {
    int bytes = frame.readableBytes();
    if (frame.release()) {
      frameReleased(bytes);
    }
  }

  // ---- in

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf in = (ByteBuf) message;
    if (closed || ended) {
      in.release();
    } else {
      service.metrics().bytesIn(decoder.feed(in));
      muting.onDecoded();
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    if (!closed && !ended) {
      muting.checkMemory();
      writer.flush();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    onClosed();
    ctx.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (cause instanceof IOException) {
      log.debug("{}: {}", remoteAddress(), cause.getMessage());
    } else {
      log.error("Closing the connection of {}", remoteAddress(), cause);
    }
    ctx.close();
    onClosed();
  }

  @Override
  public void onBadLength(int length) {
    close(
        "a request of "
            + length
            + " bytes; allowed are 1 to "
            + shared.maxRequestBytes().getAsInt()
            + " (socket.request.max.bytes, or more where max.message.bytes of a topic needs it)");
  }

  @Override
  public void onFrame(ByteBuf frame) {
    if (closed) {
      frame.release();
      return;
    }
    lastActiveNanos = System.nanoTime();
    muting.onFrame(frame.readableBytes());
    pending.add(frame);
    startPending();
    if (pending.size() >= MAX_PENDING) {
      muting.mute();
    }
  }

  private boolean wantsMore() {
    return !closed && !draining && !throttle.isOn() && pending.size() < MAX_PENDING;
  }

  /** Begins as many of the pending requests as may run now. */
  private void startPending() {
    if (starting || closed || draining) {
      // A handler that answers at once calls back into here; the loop below goes on by itself.
      return;
    }
    starting = true;
    try {
      while (!closed && !pending.isEmpty() && mayStart(pending.peek())) {
        start(pending.poll());
      }
    } finally {
      starting = false;
    }
    muting.unmute();
  }

  private boolean mayStart(ByteBuf frame) {
    if (writer.inFlightBytes() > MAX_IN_FLIGHT_BYTES || throttle.isOn()) {
      return false;
    }
    Exchange last = order.peekLast();
    if (last == null) {
      return true;
    }
    return overlaps(last.key())
        && order.size() < MAX_OVERLAP
        && frame.readableBytes() >= Short.BYTES
        && frame.getShort(frame.readerIndex()) == last.key().id;
  }

  private boolean overlaps(ApiKeys key) {
    return switch (key) {
      case PRODUCE -> true;
      case WRITE_TXN_MARKERS, ADD_PARTITIONS_TO_TXN -> peer != NO_PEER;
      default -> false;
    };
  }

  private void start(ByteBuf frame) {
    Exchange exchange = null;
    try {
      ByteBuffer bytes = frame.nioBuffer();
      RequestHeader header = RequestHeader.read(bytes, clientId);
      clientId = header.clientId();
      exchange = newExchange(header, frame);
      if (exchange.version() != header.version()) {
        order.add(exchange);
        exchange.reply(service.apiVersions().unsupportedVersion());
        return;
      }
      RequestHandler handler = service.router().route(header);
      ApiMessage request = RequestCodec.decode(header, bytes);
      order.add(exchange);
      handle(handler, exchange, request);
    } catch (MalformedRequestException e) {
      service.metrics().malformed();
      close(e.getMessage());
    } finally {
      release(frame);
    }
  }

  private Exchange newExchange(RequestHeader header, ByteBuf frame) {
    boolean unknownApiVersions =
        header.key() == ApiKeys.API_VERSIONS
            && header.version() > service.apiVersions().maxVersion();
    short version = unknownApiVersions ? 0 : header.version();
    long now = System.nanoTime();
    ClientUse use = throttle.use(header.clientId(), now);
    return new Exchange(this, header, version, service.images().image(), frame, use, now);
  }

  private void handle(RequestHandler handler, Exchange exchange, ApiMessage request) {
    try {
      handler.handle(exchange, request);
      exchange.onHandled();
    } catch (RuntimeException e) {
      log.error(
          "{} v{} from {} failed", exchange.key().name, exchange.version(), remoteAddress(), e);
      if (!exchange.isComplete()) {
        close(Errors.UNKNOWN_SERVER_ERROR.message());
      }
    }
  }

  // ---- out

  private void onDrained() {
    if (draining) {
      endIfDrained();
    } else {
      startPending();
    }
  }

  /** An exchange has its answer: sends what is now complete from the head of the order on. */
  void onComplete(Exchange completed) {
    if (closed || ended) {
      UnsentAnswers.release(completed.response());
      return;
    }
    if (completed.throttleMs() > 0) {
      throttle.hold(completed.clientId(), completed.use(), completed.throttleMs());
      muting.mute();
    }
    boolean sent = false;
    for (Exchange head = order.peek();
        head != null && head.isComplete() && !closed;
        head = order.peek()) {
      order.poll();
      sent |= send(head);
    }
    if (sent) {
      scheduleFlush();
    }
    if (!closed && !pending.isEmpty()) {
      startPending();
    }
    endIfDrained();
  }

  private boolean send(Exchange exchange) {
    int bytes = 0;
    long begun = exchange.use().timesRequests() ? System.nanoTime() : 0;
    if (exchange.response() != null) {
      try {
        bytes =
            writer.write(
                new ResponseEncoder(
                    exchange.key(),
                    exchange.version(),
                    exchange.correlationId(),
                    exchange.response()));
      } catch (IOException e) {
        close("its answer cannot be read from the log: " + e.getMessage());
        return false;
      } catch (RuntimeException | OutOfMemoryError e) {
        log.error("The answer to {} v{} cannot be encoded", exchange.key(), exchange.version(), e);
        UnsentAnswers.release(exchange.response());
        close("its answer cannot be encoded");
        return false;
      }
    }
    long now = System.nanoTime();
    exchange.use().spentLate(now - begun, now);
    service.metrics().answered(exchange.key(), now - exchange.startNanos(), bytes);
    return bytes > 0;
  }

  private void scheduleFlush() {
    if (!flushScheduled) {
      flushScheduled = true;
      // Behind the loop's other tasks: what they answer goes out with the same system call.
      loop.execute(
          () -> {
            flushScheduled = false;
            if (!closed) {
              writer.flush();
            }
          });
    }
  }
}
