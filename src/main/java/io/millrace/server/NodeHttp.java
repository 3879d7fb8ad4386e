package io.millrace.server;

import io.vertx.core.Future;

/**
 * The HTTP server of the node.
 *
 * <p>Owner: any thread.
 */
final class NodeHttp {
  private NodeHttp() {}

  static Future<NodeHttp> open(Node node) {
    return Future.succeededFuture(new NodeHttp());
  }

  /** -1 = HTTP is off. */
  int port() {
    return -1;
  }
}
