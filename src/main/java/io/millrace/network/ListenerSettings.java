package io.millrace.network;

import io.vertx.core.net.NetServerOptions;
import java.util.function.IntSupplier;

/**
 * How one listener of the node is opened.
 *
 * @param name such as {@code PLAINTEXT}
 * @param host address to bind; empty = all
 * @param port 0 = any free one
 * @param maxRequestBytes at the moment; {@code socket.request.max.bytes} at least
 * @param idleMs {@code connections.max.idle.ms}; 0 or less = never closed
 * @param sendBufferBytes {@code socket.send.buffer.bytes}; -1 = the system's default
 * @param receiveBufferBytes {@code socket.receive.buffer.bytes}; -1 = the system's default
 * @param backlog {@code socket.listen.backlog.size}
 *     <p>Owner: immutable.
 */
public record ListenerSettings(
    String name,
    String host,
    int port,
    IntSupplier maxRequestBytes,
    long idleMs,
    int sendBufferBytes,
    int receiveBufferBytes,
    int backlog) {
  /**
   * The same with a port that the servers of all loops share. To Vert.x a negative port is a free
   * one that all servers asking for the same number share; each listener has its own, since the
   * names are unique.
   */
  ListenerSettings withSharedPort() {
    return port == 0 ? withPort(-1 - (name.hashCode() & Integer.MAX_VALUE)) : this;
  }

  /** The same under another name. */
  ListenerSettings withName(String other) {
    return new ListenerSettings(
        other, host, port, maxRequestBytes, idleMs, sendBufferBytes, receiveBufferBytes, backlog);
  }

  NetServerOptions serverOptions() {
    NetServerOptions options =
        new NetServerOptions()
            .setHost(host.isEmpty() ? "0.0.0.0" : host)
            .setPort(port)
            .setTcpNoDelay(true)
            .setTcpKeepAlive(true)
            .setAcceptBacklog(backlog);
    if (sendBufferBytes > 0) {
      options.setSendBufferSize(sendBufferBytes);
    }
    if (receiveBufferBytes > 0) {
      options.setReceiveBufferSize(receiveBufferBytes);
    }
    return options;
  }

  /** The same on another port. */
  ListenerSettings withPort(int bound) {
    return new ListenerSettings(
        name, host, bound, maxRequestBytes, idleMs, sendBufferBytes, receiveBufferBytes, backlog);
  }
}
