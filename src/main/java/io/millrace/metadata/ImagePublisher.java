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
   * is already visible in {@link #image()} then. A listener must not block. When it throws, it is
   * told of the same changes again, together with the next.
   */
  void subscribe(Consumer<ImageDelta> listener);

  /** Calls the listener no more, but for a delta that is just being told. */
  void unsubscribe(Consumer<ImageDelta> listener);
}
