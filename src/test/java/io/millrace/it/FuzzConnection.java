package io.millrace.it;

import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.protocol.ApiKeys;

/**
 * Sends bad inputs one after the other. Behind each goes a ping, so that every input has a visible
 * end: the ping is answered, or the broker closes the connection.
 *
 * <p>Owner: one thread.
 */
final class FuzzConnection implements Callable<Map<String, Integer>> {
  private static final int PING_ID = 0x50494e47;
  private static final int PATIENCE_MS = 20_000;
  private static final int SHORT_PATIENCE_MS = 200;
  private static final byte[] PING = ping();

  private final InetSocketAddress address;
  private final FuzzInput.Source source;
  private final int inputs;
  private final Queue<String> complaints;
  private final Map<String, Integer> outcomes = new TreeMap<>();
  private WireClient client;

  /**
   * Made for one run.
   *
   * @param complaints where to add what no broker should do
   */
  FuzzConnection(
      InetSocketAddress address, FuzzInput.Source source, int inputs, Queue<String> complaints) {
    this.address = address;
    this.source = source;
    this.inputs = inputs;
    this.complaints = complaints;
  }

  private static byte[] ping() {
    ByteBuffer frame =
        WireClient.encode(ApiKeys.API_VERSIONS, 0, PING_ID, "ping", new ApiVersionsRequestData());
    return ByteBuffer.allocate(4 + frame.remaining()).putInt(frame.remaining()).put(frame).array();
  }

  /** Sends all the inputs. Returns how often each outcome was. */
  @Override
  public Map<String, Integer> call() {
    client = WireClient.connect(address);
    try {
      for (int i = 0; i < inputs && complaints.size() < 10; i++) {
        FuzzInput input = source.next();
        String outcome = outcome(input);
        outcomes.merge(outcome, 1, Integer::sum);
        if (!outcome.equals("answered")) {
          client.close();
          client = WireClient.connect(address);
        }
      }
    } finally {
      client.close();
    }
    return outcomes;
  }

  private String outcome(FuzzInput input) {
    try {
      if (!input.complete()) {
        client.setTimeout(PATIENCE_MS);
        client.sendRaw(input.bytes());
        client.endSending();
        return client.isClosedByBroker() ? "closed at the end" : complain("kept open", input, "");
      }
      client.setTimeout(input.mayWait() ? SHORT_PATIENCE_MS : PATIENCE_MS);
      client.sendRaw(
          ByteBuffer.allocate(input.bytes().length + PING.length)
              .put(input.bytes())
              .put(PING)
              .array());
      return awaitPing(input);
    } catch (UncheckedIOException e) {
      if (e.getCause() instanceof SocketTimeoutException) {
        return input.mayWait() ? "waiting" : complain("no answer", input, "");
      }
      // Closed while we were still sending.
      return "closed";
    }
  }

  private String awaitPing(FuzzInput input) {
    while (true) {
      ByteBuffer frame = client.receiveFrame();
      if (frame == null) {
        return input.key() == null
            ? "closed"
            : mayClose(input.key()) ? "closed" : complain("closed", input, "");
      }
      if (frame.remaining() >= 4 && frame.getInt(0) == PING_ID) {
        return "answered";
      }
      if (input.key() != null) {
        check(input, frame);
      }
    }
  }

  /** Produce without acknowledgement answers errors by closing; Fetch refuses replicas so. */
  private static boolean mayClose(ApiKeys key) {
    return key == ApiKeys.PRODUCE || key == ApiKeys.FETCH;
  }

  private void check(FuzzInput input, ByteBuffer frame) {
    String body;
    try {
      body = WireClient.decode(input.key(), input.version(), frame).toString();
    } catch (RuntimeException e) {
      complain("unreadable answer", input, e.toString());
      return;
    }
    if (body.contains("rrorCode=-1,") || body.contains("rrorCode=-1)")) {
      complain("UNKNOWN_SERVER_ERROR", input, body);
    }
  }

  private String complain(String what, FuzzInput input, String detail) {
    byte[] bytes = input.bytes();
    complaints.add(
        what
            + " for "
            + (input.key() == null ? "damaged" : input.key() + " v" + input.version())
            + ": "
            + HexFormat.of().formatHex(bytes, 0, Math.min(bytes.length, 400))
            + (bytes.length > 400 ? "… (" + bytes.length + " bytes)" : "")
            + (detail.isEmpty() ? "" : "\n    " + detail));
    return what;
  }
}
