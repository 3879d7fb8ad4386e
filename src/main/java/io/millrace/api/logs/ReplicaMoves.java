package io.millrace.api.logs;

import io.millrace.log.LogMoves;
import io.vertx.core.Future;
import java.util.List;
import org.apache.kafka.common.protocol.Errors;

/**
 * Moves of replicas between the log directories of this node.
 *
 * <p>Owner: any thread.
 */
public interface ReplicaMoves {
  /** Those under way. */
  List<LogMoves.Progress> moves();

  /**
   * Has a replica go to this log directory; one that is there already stays, and a move that takes
   * it elsewhere is given up. A replica that is not on this node will begin there, should it come:
   * REPLICA_NOT_AVAILABLE. Completes when the move is begun. Does not fail.
   *
   * @param path as in {@link LogDirs.LogDir#path}
   */
  Future<Errors> move(String topic, int partition, String path);
}
