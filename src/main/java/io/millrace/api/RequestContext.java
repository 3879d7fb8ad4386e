package io.millrace.api;

import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.Endpoint;
import io.millrace.model.Loop;
import io.millrace.quota.ClientUse;
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

  /** The newest image there is: for what is to be said of changes since the request came. */
  default ClusterImage newestImage() {
    return image();
  }

  /** Name of the listener the client came in by, such as {@code PLAINTEXT}. */
  String listener();

  InetSocketAddress remoteAddress();

  /**
   * The address by which the client reached this node: what an {@link Endpoint} without a host
   * stands for.
   */
  InetSocketAddress localAddress();

  /** Node id of the node of the cluster that asks, over the internal listener; -1 = a client. */
  default int peer() {
    return -1;
  }

  /** The quotas of the client, and what it has used of them; the same for the whole request. */
  default ClientUse use() {
    return ClientUse.NONE;
  }

  /**
   * Tells the client to wait, and reads no more from it until then: the longest time that is said
   * before the answer counts. On the connection's loop.
   */
  default void throttle(int ms) {}

  /** Adds time that the request has taken on another loop, if its client has a quota of that. */
  default void spent(long nanos) {}

  /** What handlers remember about this connection. */
  ConnectionState connection();

  /** The connection's loop. */
  Loop loop();

  /**
   * Keeps the request's bytes in memory beyond {@link RequestHandler#handle}, for slices of them
   * that are still in use; each call needs one {@link #releaseFrame}.
   */
  void retainFrame();

  /** Ends one {@link #retainFrame}; from any thread. */
  void releaseFrame();

  /**
   * Ends the exchange without a response: Produce with acks=0. Once, instead of {@link #reply};
   * from any thread.
   */
  void replyNothing();

  /**
   * Sends the response, in the order of the connection's requests. Exactly once; from any thread.
   */
  void reply(ApiMessage response);

  /** Ends the connection instead of an answer. */
  void close(String why);
}
