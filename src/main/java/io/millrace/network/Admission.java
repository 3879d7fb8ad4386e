package io.millrace.network;

import io.netty.channel.Channel;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * Lets new connections into a listener, as many as its limits allow; closes what is too much,
 * counts it and warns.
 *
 * @param listener its name
 * @param limits count a connection from here to its end
 * @param onRefused counts one that is not let in
 *     <p>Owner: any thread.
 */
@SuppressWarnings("FutureReturnValueIgnored") // Netty: a failed close ends in channelInactive.
record Admission(
    String listener, ConnectionLimits limits, Runnable onRefused, RateLimitedWarnings warnings) {
  /** Whether it may stay; else it is closed. */
  boolean admit(Channel channel) {
    InetSocketAddress remote = (InetSocketAddress) channel.remoteAddress();
    if (remote == null) {
      // It has ended before it was looked at.
      channel.close();
      return false;
    }
    InetAddress address = remote.getAddress();
    String refusal = limits.tryAdd(address);
    if (refusal != null) {
      refuse(channel, refusal);
      return false;
    }
    channel.closeFuture().addListener(any -> limits.remove(address));
    return true;
  }

  /** Closes a connection to which something else than these limits is opposed. */
  void refuse(Channel channel, String why) {
    onRefused.run();
    warnings.warn(
        "Refusing a connection of {} to " + listener + ": {}", channel.remoteAddress(), why);
    channel.close();
  }
}
