package io.millrace.client;

import io.millrace.protocol.MalformedResponseException;
import io.millrace.protocol.RequestEncoder;
import io.millrace.protocol.ResponseDecoder;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.protocol.ApiMessage;

/**
 * Calls that were sent on one connection and not answered yet. The answers come in the order of the
 * calls; one that was given up stays here until its answer, which is thrown away.
 *
 * <p>Owner: connection loop.
 */
final class CallsInFlight implements FrameReader.Memory {
  /**
   * What was answered.
   *
   * @param response null = the call was given up
   */
  record Answer(PeerCall call, Peers.Lent response) {
    void deliver() {
      if (response != null) {
        call.answer(response);
      }
    }
  }

  private final FramePool pool;
  // Invariant: in the order of their correlation ids, which is that of their answers.
  private final ArrayDeque<PeerCall> calls = new ArrayDeque<>();
  private int nextCorrelationId;
  private long lastReceivedNanos;

  CallsInFlight(FramePool pool) {
    this.pool = pool;
  }

  /** The next frame is the answer to the first call. */
  @Override
  public ByteBuffer memory(int length) {
    PeerCall next = calls.peek();
    return next != null && next.borrows ? pool.take(length) : null;
  }

  @Override
  public void giveBack(ByteBuffer frame) {
    // Only the pool's memory is not on the heap.
    if (frame.isDirect()) {
      pool.give(frame);
    }
  }

  /** The call is about to be sent and gets its correlation id. */
  void add(PeerCall call, long nowNanos) {
    call.correlationId = nextCorrelationId++ & Integer.MAX_VALUE;
    call.sentNanos = nowNanos;
    RequestEncoder.correlationId(call.frame, call.correlationId);
    calls.add(call);
  }

  /**
   * Takes the call to which an answer has come.
   *
   * @throws MalformedResponseException if it answers no call, or makes no sense; nothing is taken
   */
  Answer take(ByteBuffer frame, long nowNanos) {
    lastReceivedNanos = nowNanos;
    PeerCall call = calls.peek();
    int id = ResponseDecoder.correlationId(frame);
    if (call == null || call.correlationId != id) {
      throw new MalformedResponseException("an answer that nobody waits for, number " + id);
    }
    Peers.Lent response = null;
    if (!call.isDone()) {
      ApiMessage message = ResponseDecoder.decode(call.key, call.version, frame);
      response = new Peers.Lent(message, () -> giveBack(frame));
    } else {
      giveBack(frame);
    }
    calls.poll();
    return new Answer(call, response);
  }

  /** Whether this call is next to be answered and nothing has come since it was sent. */
  @SuppressWarnings("ReferenceEquality") // The very call.
  boolean isSilentSince(PeerCall call) {
    PeerCall oldest = calls.peek();
    return (oldest == call || oldest.isDone()) && lastReceivedNanos - call.sentNanos < 0;
  }

  /** All of them, which are forgotten. */
  List<PeerCall> takeAll() {
    List<PeerCall> all = new ArrayList<>(calls);
    calls.clear();
    return all;
  }
}
