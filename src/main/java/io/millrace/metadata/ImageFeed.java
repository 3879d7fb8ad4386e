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
  /** A listener and what it has not taken, since it threw. */
  private static final class Subscription {
    private final Consumer<ImageDelta> listener;
    // null = it has seen everything. Belongs to who publishes.
    private ImageDelta missed;

    Subscription(Consumer<ImageDelta> listener) {
      this.listener = listener;
    }

    void tell(ImageDelta delta) {
      missed = missed == null ? delta : missed.followedBy(delta);
      listener.accept(missed);
      missed = null;
    }
  }

  private final CopyOnWriteArrayList<Subscription> subscriptions = new CopyOnWriteArrayList<>();
  private volatile MetadataImage image = MetadataImage.EMPTY;

  @Override
  public MetadataImage image() {
    return image;
  }

  @Override
  public void subscribe(Consumer<ImageDelta> listener) {
    subscriptions.add(new Subscription(listener));
  }

  @Override
  public void unsubscribe(Consumer<ImageDelta> listener) {
    subscriptions.removeIf(subscription -> subscription.listener == listener);
  }

  /**
   * Makes an image visible, then tells all listeners, on this thread; throws afterwards if one of
   * them threw. Whoever threw is told again with the next image.
   */
  public void publish(ImageBuilder.Derived next) {
    image = next.image();
    RuntimeException failure = null;
    for (Subscription subscription : subscriptions) {
      try {
        subscription.tell(next.delta());
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
