package io.millrace.protocol;

import java.nio.ByteBuffer;
import org.apache.kafka.common.protocol.ApiKeys;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads the classes of the messages before the first client needs them: a loop that loads classes
 * serves nobody.
 *
 * <p>Owner: immutable.
 */
public final class Warmup {
  private static final Logger LOG = LoggerFactory.getLogger(Warmup.class);

  private Warmup() {}

  /**
   * Encodes an empty answer of each key and makes an empty request; takes some hundred
   * milliseconds.
   */
  public static void load(Iterable<ApiKeys> keys) {
    for (ApiKeys key : keys) {
      try {
        key.messageType.newRequest();
        ResponseEncoder encoder =
            new ResponseEncoder(key, key.latestVersion(false), 0, key.messageType.newResponse());
        encoder.write(ByteBuffer.allocate(encoder.inlineBytes()));
      } catch (RuntimeException e) {
        // An answer may have no sensible empty form; its classes are loaded all the same.
        LOG.debug("{} has no empty answer: {}", key, e.getMessage());
      }
    }
  }
}
