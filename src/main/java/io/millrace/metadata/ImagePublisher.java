package io.millrace.metadata;

import java.util.function.Consumer;

/**
 * The newest image and the way to hear of the next.
 *
 * <p>Owner: any thread.
 */
public interface ImagePublisher {
  /** The newest published image; one volatile read. */
  ClusterImage image();

  /**
   * Calls {@code listener} for every later delta, in order, on the publisher's context. The image
   * is already visible in {@link #image()} then. A listener must not block.
   */
  void subscribe(Consumer<ImageDelta> listener);
}
