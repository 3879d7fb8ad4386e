package io.millrace.api.peer;

import io.millrace.api.RequestContext;

/**
 * A node speaks for itself only: the node id in a request is the one that the handshake has shown.
 *
 * <p>Owner: any thread.
 */
final class PeerChecks {
  private PeerChecks() {}

  static boolean isNotItself(RequestContext context, int nodeId) {
    return context.peer() >= 0 && context.peer() != nodeId;
  }

  static String why(RequestContext context, int nodeId) {
    return "Node " + context.peer() + " cannot speak for node " + nodeId;
  }
}
