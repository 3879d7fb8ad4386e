package io.millrace.record;

import java.nio.ByteBuffer;

/**
 * Record batches on their way from a socket to a log, without saying whose memory they are in.
 *
 * <p>Owner: whoever holds it; handed over, never shared.
 */
public interface Records {
  /**
   * The batches, position to limit; big endian; writable in place. The same buffer at every call.
   */
  ByteBuffer buffer();

  /** Bytes from position to limit. */
  int sizeInBytes();

  /**
   * Gives the memory back. Must be called exactly once; {@link #buffer()} is not to be touched
   * after it.
   */
  void release();
}
