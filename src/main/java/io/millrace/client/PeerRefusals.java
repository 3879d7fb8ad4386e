package io.millrace.client;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * With which nodes this one has not come to an understanding lately, for a person who wonders what
 * it waits for.
 *
 * <p>Owner: any thread.
 */
public final class PeerRefusals {
  /** Longer than the pause between two attempts. */
  private static final long LATELY_NANOS = TimeUnit.SECONDS.toNanos(30);

  private static final int MAX_NODES = 8;

  private record Noted(String text, long nanos) {}

  private final Map<Integer, Noted> byNode = new ConcurrentHashMap<>();

  /** A handshake has failed; {@code text} says why, without any secret. */
  public void note(int nodeId, String text) {
    note(nodeId, text, System.nanoTime());
  }

  void note(int nodeId, String text, long nowNanos) {
    if (byNode.size() >= MAX_NODES) {
      byNode.values().removeIf(noted -> isOld(noted, nowNanos));
    }
    if (byNode.size() < MAX_NODES || byNode.containsKey(nodeId)) {
      byNode.put(nodeId, new Noted(text, nowNanos));
    }
  }

  /** There is a connection now. */
  public void forget(int nodeId) {
    byNode.remove(nodeId);
  }

  /** What failed lately, by node id; at most one text for each of a few nodes. */
  public List<String> recent() {
    return recent(System.nanoTime());
  }

  List<String> recent(long nowNanos) {
    List<String> texts = new ArrayList<>();
    new TreeMap<>(byNode)
        .values()
        .forEach(
            noted -> {
              if (!isOld(noted, nowNanos)) {
                texts.add(noted.text());
              }
            });
    return texts;
  }

  private static boolean isOld(Noted noted, long nowNanos) {
    return nowNanos - noted.nanos() > LATELY_NANOS;
  }
}
