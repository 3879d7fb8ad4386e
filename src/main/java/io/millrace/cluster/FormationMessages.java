package io.millrace.cluster;

import java.nio.ByteBuffer;

/**
 * How a node that belongs to no cluster yet talks to the others, and they to it. A message may be
 * lost, late or doubled.
 *
 * <p>Owner: any thread.
 */
@FunctionalInterface
public interface FormationMessages {
  /** Sends if that is possible now; nobody is told when it is not. */
  void tell(int nodeId, ByteBuffer message);
}
