package io.millrace.api;

import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.Endpoint;
import java.net.InetSocketAddress;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;

/**
 * What a handler may know of the request it answers.
 *
 * <p>Owner: connection loop, but for {@link #reply}, which any thread may call.
 */
public interface RequestContext {
  ApiKeys key();

  short version();

  /** null = the client gave none. */
  String clientId();

  /** One image for the whole request. */
  ClusterImage image();

  /** Name of the listener the client came in by, such as {@code PLAINTEXT}. */
  String listener();

  InetSocketAddress remoteAddress();

  /**
   * The address by which the client reached this node: what an {@link Endpoint} without a host
   * stands for.
   */
  InetSocketAddress localAddress();

  /**
   * Sends the response, in the order of the connection's requests. Exactly once; from any thread.
   */
  void reply(ApiMessage response);

  /** Ends the connection instead of an answer. */
  void close(String why);
}
