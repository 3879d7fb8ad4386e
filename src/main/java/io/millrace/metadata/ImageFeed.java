package io.millrace.metadata;

import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/**
 * Holds the newest image and tells the listeners. Whoever subscribes first and then reads {@link
 * #image} misses nothing, but may be told of a delta whose {@code after} it has already seen.
 *
 * <p>Owner: any thread, but {@link #publish} belongs to the one who applies records.
 */
public final class ImageFeed implements ImagePublisher {
  private final CopyOnWriteArrayList<Consumer<ImageDelta>> listeners = new CopyOnWriteArrayList<>();
  private volatile MetadataImage image = MetadataImage.EMPTY;

  @Override
  public MetadataImage image() {
    return image;
  }

  @Override
  public void subscribe(Consumer<ImageDelta> listener) {
    listeners.add(listener);
  }

  /**
   * Makes an image visible, then tells all listeners, on this thread; throws afterwards if one of
   * them threw.
   */
  public void publish(ImageBuilder.Derived next) {
    image = next.image();
    RuntimeException failure = null;
    for (Consumer<ImageDelta> listener : listeners) {
      try {
        listener.accept(next.delta());
      } catch (RuntimeException e) {
        if (failure == null) {
          failure = e;
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
