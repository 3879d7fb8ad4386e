package io.millrace.client;

import io.millrace.client.PeerException.Reason;
import io.millrace.metrics.Metrics;
import io.millrace.protocol.MalformedResponseException;
import io.millrace.protocol.peer.ClusterSecret;
import io.millrace.protocol.peer.Handshake;
import io.millrace.protocol.peer.HandshakeException;
import io.millrace.protocol.peer.OpenerHandshake;
import io.millrace.protocol.peer.PeerIdentity;
import io.millrace.protocol.peer.PeerPurpose;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetSocket;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection to another node: opened when it is needed, opened again after a loss when it is
 * still needed. After a failed attempt there is a pause, in which requests fail at once and
 * messages are dropped; if there were any, the next attempt follows by itself.
 *
 * <p>Owner: connection loop, but for {@link #tell}, {@link #request}, {@link #isOpen} and {@link
 * #end}, which any thread may call.
 */
@SuppressWarnings("FutureReturnValueIgnored") // Netty: a failed write or close ends in onClosed.
final class PeerConnection {
  private static final Logger LOG = LoggerFactory.getLogger(PeerConnection.class);

  /** What every queued frame takes besides its bytes, about. */
  private static final int FRAME_OVERHEAD_BYTES = 256;

  /** What the connections of a node have in common. */
  record Parts(
      NetClient client,
      OwnIdentity own,
      ClusterSecret secret,
      PeerAddresses addresses,
      PeerLimits limits,
      RepeatedWarnings warnings,
      PeerRefusals refusals,
      FramePool pool,
      SecureRandom random,
      Metrics.Counter dropped) {}

  private enum State {
    /** No socket. */
    IDLE,
    /** A socket is being opened, or its handshake goes on. */
    CONNECTING,
    OPEN,
    /** For good. */
    ENDED
  }

  /**
   * A message, or a call, that waits for the connection.
   *
   * @param head the frame, or its beginning
   * @param body the rest of the frame; null = there is none
   * @param call null = a message
   */
  private record Waiting(ByteBuffer head, ByteBuffer body, int bytes, PeerCall call) {}

  private final Parts parts;
  private final int nodeId;
  private final PeerPurpose purpose;
  private final ContextInternal context;
  private final EventLoop loop;

  // Invariant: of all frames that were taken and are neither written nor dropped; any thread.
  private final AtomicLong queuedBytes = new AtomicLong();
  // Invariant: calls that were taken and are not forgotten yet; any thread.
  private final AtomicInteger calls = new AtomicInteger();
  private volatile boolean open;

  private State state = State.IDLE;
  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
  private final CallsInFlight inFlight;
  private final ReconnectPause pause;
  // null unless there is a socket.
  private PeerChannel channel;
  // Counts attempts, so that what belongs to an old one is known.
  private int attempt;
  private PeerIdentity peer;
  // Why there is no connection; null = there was no failure, or there was a connection since.
  private PeerException lastFailure;
  private boolean reconnectScheduled;
  private long writingBytes;
  private long lastProgressNanos;

  PeerConnection(Parts parts, int nodeId, PeerPurpose purpose, ContextInternal context) {
    this.parts = parts;
    this.nodeId = nodeId;
    this.purpose = purpose;
    this.context = context;
    this.loop = context.nettyEventLoop();
    this.pause = new ReconnectPause(parts.limits());
    this.inFlight = new CallsInFlight(parts.pool());
  }

  // ---- any thread

  boolean isOpen() {
    return open;
  }

  /** Sends a frame or drops it. */
  void tell(ByteBuffer head, ByteBuffer message) {
    int bytes = head.remaining() + message.remaining() + FRAME_OVERHEAD_BYTES;
    if (!reserve(bytes)) {
      parts.dropped().increment();
      return;
    }
    Waiting frame = new Waiting(head, message, bytes, null);
    run(() -> take(frame), () -> drop(frame, null));
  }

  /** Sends a request; the call ends in any case. */
  void request(PeerCall call) {
    int bytes = call.frame.remaining() + FRAME_OVERHEAD_BYTES;
    if (calls.incrementAndGet() > parts.limits().maxCalls()) {
      calls.decrementAndGet();
      call.fail(
          failure(
              Reason.OVERLOADED,
              false,
              parts.limits().maxCalls() + " requests wait for their answers already"));
      return;
    }
    if (!reserve(bytes)) {
      calls.decrementAndGet();
      call.fail(
          failure(Reason.OVERLOADED, false, queuedBytes.get() + " bytes are on their way already"));
      return;
    }
    Waiting frame = new Waiting(call.frame, null, bytes, call);
    run(
        () -> {
          call.timer = loop.schedule(() -> onTimeout(frame), call.timeoutMs, TimeUnit.MILLISECONDS);
          take(frame);
        },
        () -> drop(frame, failure(Reason.CLOSED, false, "this node stops")));
  }

  /** Ends it for good, with this reason for what is asked yet. */
  void end(Reason reason, String why, Runnable ended) {
    run(
        () -> {
          PeerChannel last = channel;
          if (state != State.ENDED) {
            lose(State.ENDED, failure(reason, false, why));
          }
          if (last == null) {
            ended.run();
          } else {
            last.close().addListener(any -> ended.run());
          }
        },
        ended);
  }

  /** This node's identity is another now. */
  void onIdentityChange() {
    run(
        () -> {
          if (state == State.OPEN && !parts.own().get().fits(peer)) {
            startAgain();
          }
        },
        () -> {});
  }

  private void run(Runnable task, Runnable otherwise) {
    if (loop.inEventLoop()) {
      task.run();
      return;
    }
    try {
      loop.execute(task);
    } catch (RejectedExecutionException e) {
      // The node is down.
      otherwise.run();
    }
  }

  private boolean reserve(int bytes) {
    if (queuedBytes.addAndGet(bytes) > parts.limits().maxQueuedBytes()) {
      queuedBytes.addAndGet(-bytes);
      return false;
    }
    return true;
  }

  private PeerException failure(Reason reason, boolean maybeReceived, String message) {
    return new PeerException(nodeId, reason, null, maybeReceived, message);
  }

  // ---- what is asked, on the loop

  private void take(Waiting frame) {
    if (state == State.OPEN) {
      closeIfStalled();
    }
    if (state == State.IDLE && pause.leftNanos() <= 0) {
      connect();
    }
    switch (state) {
      case OPEN -> send(frame);
      case CONNECTING -> waiting.add(frame);
      case IDLE -> {
        drop(frame, lastFailure);
        scheduleReconnect();
      }
      case ENDED -> drop(frame, lastFailure);
    }
  }

  private void drop(Waiting frame, PeerException why) {
    queuedBytes.addAndGet(-frame.bytes());
    if (frame.call() == null) {
      parts.dropped().increment();
    } else {
      calls.decrementAndGet();
      frame.call().fail(why);
    }
  }

  private void send(Waiting frame) {
    long now = System.nanoTime();
    if (frame.call() != null) {
      inFlight.add(frame.call(), now);
    }
    if (writingBytes == 0) {
      lastProgressNanos = now;
    }
    writingBytes += frame.bytes();
    PeerChannel on = channel;
    on.write(frame.head(), frame.body()).addListener(any -> onWritten(on, frame.bytes()));
  }

  @SuppressWarnings("ReferenceEquality") // The very channel.
  private void onWritten(PeerChannel on, int bytes) {
    queuedBytes.addAndGet(-bytes);
    if (on == channel) {
      writingBytes -= bytes;
      lastProgressNanos = System.nanoTime();
    }
  }

  private void closeIfStalled() {
    long silentNanos = System.nanoTime() - lastProgressNanos;
    if (purpose == PeerPurpose.MESSAGES
        && writingBytes > 0
        && silentNanos > parts.limits().stallMs() * 1_000_000L) {
      fail(failure(Reason.NO_CONNECTION, false, "it takes no messages any more"));
    }
  }

  private void onTimeout(Waiting frame) {
    PeerCall call = frame.call();
    if (call.isDone()) {
      return;
    }
    if (waiting.remove(frame)) {
      queuedBytes.addAndGet(-frame.bytes());
      calls.decrementAndGet();
      call.fail(
          failure(
              Reason.TIMEOUT,
              false,
              "no connection for " + call + " within " + call.timeoutMs + " ms"));
      return;
    }
    boolean silent = inFlight.isSilentSince(call);
    int current = attempt;
    call.fail(
        failure(
            Reason.TIMEOUT, true, "no answer to " + call + " within " + call.timeoutMs + " ms"));
    if (silent && state == State.OPEN && attempt == current) {
      // Nothing at all has come since, so the other end may be gone without a word.
      fail(failure(Reason.NO_CONNECTION, false, "it has not answered in time and is silent"));
    }
  }

  // ---- the socket

  private void scheduleReconnect() {
    long delay = pause.leftNanos();
    if (!reconnectScheduled && delay > 0) {
      reconnectScheduled = true;
      loop.schedule(
          () -> {
            reconnectScheduled = false;
            if (state == State.IDLE) {
              connect();
            }
          },
          delay,
          TimeUnit.NANOSECONDS);
    }
  }

  private void connect() {
    PeerAddress address = parts.addresses().addressOf(nodeId);
    if (address == null) {
      lastFailure = failure(Reason.NO_ADDRESS, false, "its address is not known now");
      return;
    }
    state = State.CONNECTING;
    int current = ++attempt;
    ScheduledFuture<?> limit =
        loop.schedule(
            () -> onAttemptLate(current, address),
            parts.limits().handshakeMs(),
            TimeUnit.MILLISECONDS);
    context.dispatch(
        () ->
            parts
                .client()
                .connect(address.port(), address.host())
                .onComplete(
                    result -> {
                      if (result.succeeded()) {
                        onSocket(current, address, result.result(), limit);
                      } else if (isCurrent(current)) {
                        limit.cancel(false);
                        fail(noConnection(address, result.cause().getMessage()));
                      }
                    }));
  }

  private boolean isCurrent(int number) {
    return state == State.CONNECTING && attempt == number;
  }

  private PeerException noConnection(PeerAddress address, String why) {
    return failure(Reason.NO_CONNECTION, false, "no connection to " + address + ": " + why);
  }

  private void onAttemptLate(int number, PeerAddress address) {
    if (isCurrent(number)) {
      fail(noConnection(address, "no handshake within " + parts.limits().handshakeMs() + " ms"));
    }
  }

  private void onSocket(
      int number, PeerAddress address, NetSocket socket, ScheduledFuture<?> limit) {
    ChannelHandlerContext vertxHandler = ((NetSocketInternal) socket).channelHandlerContext();
    if (!isCurrent(number)) {
      vertxHandler.channel().close();
      return;
    }
    byte[] nonce = new byte[Handshake.NONCE_BYTES];
    parts.random().nextBytes(nonce);
    OpenerHandshake handshake =
        new OpenerHandshake(parts.secret(), parts.own().get(), purpose, nodeId, nonce);
    int maxFrameBytes = purpose == PeerPurpose.REQUESTS ? parts.limits().maxResponseBytes() : 0;
    channel =
        new PeerChannel(handshake, maxFrameBytes, inFlight, new ChannelEvents(address, limit));
    vertxHandler.channel().pipeline().addBefore(vertxHandler.name(), "peer", channel);
  }

  /** What happens on the current socket: an old one is closed, and then says nothing more. */
  private final class ChannelEvents implements PeerChannel.Events {
    private final PeerAddress address;
    private final ScheduledFuture<?> limit;

    ChannelEvents(PeerAddress address, ScheduledFuture<?> limit) {
      this.address = address;
      this.limit = limit;
    }

    @Override
    public void onOpen(PeerIdentity identity) {
      limit.cancel(false);
      peer = identity;
      if (parts.own().get().fits(identity)) {
        onConnected();
      } else {
        startAgain();
      }
    }

    @Override
    public void onFrame(ByteBuffer frame) {
      onResponse(frame);
    }

    @Override
    public void onRefused(HandshakeException why) {
      limit.cancel(false);
      onHandshakeRefused(address, why);
    }

    @Override
    public void onMalformed(String why) {
      limit.cancel(false);
      channel = null;
      fail(failure(Reason.MALFORMED, false, why));
    }

    @Override
    public void onClosed(String why) {
      limit.cancel(false);
      channel = null;
      fail(noConnection(address, why));
    }
  }

  private void onConnected() {
    state = State.OPEN;
    open = true;
    lastFailure = null;
    parts.refusals().forget(nodeId);
    pause.onOpen();
    LOG.debug("Connected to node {} for {}", nodeId, purpose);
    for (Waiting frame = waiting.poll(); frame != null; frame = waiting.poll()) {
      send(frame);
    }
  }

  private void startAgain() {
    fail(failure(Reason.NO_CONNECTION, false, "this node has joined a cluster; ask again"));
  }

  private void onHandshakeRefused(PeerAddress address, HandshakeException why) {
    channel = null;
    if (!why.refusal().isPassing()) {
      pause.onRefusedForGood();
      String who = "Node " + nodeId + " at " + address + ", ";
      String what = who + why.refusal() + ": " + why.getMessage();
      parts.warnings().warn(nodeId + " " + why.refusal(), what);
      parts.refusals().note(nodeId, what);
    }
    String text = "no connection to " + address + ", " + why.refusal() + ": " + why.getMessage();
    fail(new PeerException(nodeId, Reason.REFUSED, why.refusal(), false, text));
  }

  private void onResponse(ByteBuffer frame) {
    CallsInFlight.Answer answer;
    try {
      answer = inFlight.take(frame, System.nanoTime());
    } catch (MalformedResponseException e) {
      fail(failure(Reason.MALFORMED, false, e.getMessage()));
      return;
    }
    calls.decrementAndGet();
    answer.deliver();
  }

  /** The connection, or the attempt to make one, is over. */
  private void fail(PeerException why) {
    if (state == State.OPEN) {
      pause.onLost();
      LOG.debug("{}", why.getMessage());
    } else {
      pause.onFailed();
    }
    lose(State.IDLE, why);
  }

  private void lose(State next, PeerException why) {
    final List<PeerCall> sent = inFlight.takeAll();
    final List<Waiting> unsent = new ArrayList<>(waiting);
    final PeerChannel last = channel;
    waiting.clear();
    channel = null;
    writingBytes = 0;
    peer = null;
    attempt++;
    open = false;
    state = next;
    lastFailure = why;
    if (last != null) {
      last.close();
    }
    // Everything is settled by now: who hears of a failure may ask again at once.
    calls.addAndGet(-sent.size());
    sent.forEach(call -> call.fail(why.afterSending()));
    unsent.forEach(frame -> drop(frame, why));
  }
}
