package io.millrace.api;

import java.util.IdentityHashMap;

/**
 * What handlers remember about one connection between its requests.
 *
 * <p>Owner: connection loop.
 */
public final class ConnectionState {
  /** What Kafka calls software that does not say its name. */
  private static final String UNKNOWN = "unknown";

  /** Characters that are kept of each: in a request they may be megabytes. */
  static final int MAX_SOFTWARE = 1_024;

  private final IdentityHashMap<Object, Runnable> onClose = new IdentityHashMap<>(2);
  private Object fetchSession;
  private String softwareName = UNKNOWN;
  private String softwareVersion = UNKNOWN;
  private boolean closed;

  /** The connection's fetch session; null = none. Only the fetch package knows its type. */
  public Object fetchSession() {
    return fetchSession;
  }

  public void fetchSession(Object session) {
    fetchSession = session;
  }

  /** What the client is, as it says in ApiVersions (KIP-511): {@code apache-kafka-java}, say. */
  public String softwareName() {
    return softwareName;
  }

  public String softwareVersion() {
    return softwareVersion;
  }

  /** Of what is very long the beginning is kept. */
  public void software(String name, String version) {
    softwareName = name.substring(0, Math.min(name.length(), MAX_SOFTWARE));
    softwareVersion = version.substring(0, Math.min(version.length(), MAX_SOFTWARE));
  }

  /** Registers what must be given back when the connection ends, under the thing that holds it. */
  public void onClose(Object holder, Runnable action) {
    onClose.put(holder, action);
  }

  /** The holder has given back everything itself. */
  public void forget(Object holder) {
    onClose.remove(holder);
  }

  public boolean isClosed() {
    return closed;
  }

  /** The connection has ended. */
  public void close() {
    if (!closed) {
      closed = true;
      Runnable[] actions = onClose.values().toArray(Runnable[]::new);
      onClose.clear();
      for (Runnable action : actions) {
        action.run();
      }
    }
  }
}
