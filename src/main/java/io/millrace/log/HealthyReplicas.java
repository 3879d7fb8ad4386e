package io.millrace.log;

import io.millrace.model.TopicIdPartition;
import io.vertx.core.Future;
import java.nio.ByteBuffer;

/**
 * Where the batches are read that this node has lost.
 *
 * <p>Owner: any thread.
 */
public interface HealthyReplicas {
  /**
   * What another replica has.
   *
   * @param batches its remaining bytes: whole batches, in order, whose CRCs that replica has
   *     checked
   */
  record Copy(int nodeId, ByteBuffer batches) {}

  /**
   * Reads all batches with offsets from {@code from} to {@code to} (exclusive) from a replica in
   * sync. Fails with what to tell people when no replica can give them. Completes on any thread.
   *
   * @param maxBytes an answer with more than that is of no use
   */
  Future<Copy> read(TopicIdPartition id, long from, long to, int maxBytes);

  /** Of a node that is alone. */
  HealthyReplicas NONE =
      (id, from, to, maxBytes) ->
          Future.failedFuture("there is no other replica: this node is alone");
}
