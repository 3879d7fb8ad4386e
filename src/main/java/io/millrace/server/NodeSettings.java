package io.millrace.server;

import io.millrace.api.configs.CommittedSettings;
import io.millrace.config.ConfigKey;
import io.millrace.config.Settings;
import io.millrace.fault.FaultPoint;
import io.millrace.metadata.ConfigResource;
import io.millrace.metadata.ImageDelta;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The node's settings while it runs: its file, and over it what is committed for all brokers and
 * for this one. The one place where a committed change becomes values in force: each part of the
 * node that can change while it runs is told here of its new values, as a record of its own, where
 * it runs, and only when they differ from those that it was told before.
 *
 * <p>What belongs to topics takes another way: a topic's partitions get theirs with the image.
 *
 * <p>Owner: any thread; {@link #onDelta} is for the publisher's context alone.
 */
public final class NodeSettings {
  private static final Logger LOG = LoggerFactory.getLogger(NodeSettings.class);

  private final CommittedSettings committed;
  private final CopyOnWriteArrayList<Part<?>> parts = new CopyOnWriteArrayList<>();
  private volatile Settings now;

  /**
   * As the file says, until the first image comes.
   *
   * @param nodeId also when it was generated
   */
  public NodeSettings(Settings file, int nodeId) {
    this.committed = new CommittedSettings(file, nodeId);
    this.now = file;
  }

  /** The values in force. */
  public Settings now() {
    return now;
  }

  /**
   * Has a part of the node follow its keys: it is told the values in force at once, and every later
   * change behind them, so that it never stays with older ones however changes come in between.
   *
   * @param keys all that {@code reading} looks at; each must be one that can change while the node
   *     runs, so that nobody is told that a change was accepted which nobody follows, nor the other
   *     way round
   * @param reading makes the part's values of the settings; the values are compared by {@code
   *     equals}
   * @param where runs {@code change}: the loop of the part's owner, or {@code Runnable::run} for
   *     what any thread may do without waiting
   * @param change takes the values in force, then new ones, in the order in which they came
   * @throws IllegalArgumentException if a key is read-only
   */
  public synchronized <T> void on(
      Set<ConfigKey<?>> keys, Function<Settings, T> reading, Executor where, Consumer<T> change) {
    for (ConfigKey<?> key : keys) {
      if (key.updateMode() == ConfigKey.UpdateMode.READ_ONLY) {
        throw new IllegalArgumentException(key.name() + " is declared read-only");
      }
    }
    T first = reading.apply(now);
    Part<T> part = new Part<>(keys, reading, where, change, first);
    parts.add(part);
    part.tell(first);
  }

  /** The keys that some part of the node follows, by name. */
  public Set<String> followed() {
    Set<String> names = new TreeSet<>();
    parts.forEach(part -> names.addAll(part.names));
    return names;
  }

  /** What was committed comes into force. */
  void onDelta(ImageDelta delta) {
    if (!delta.changedKeys(ConfigResource.brokerDefault()).isEmpty()
        || !delta.changedKeys(ConfigResource.broker(committed.nodeId())).isEmpty()) {
      bring(committed.ofNode(delta.after()));
    }
  }

  private synchronized void bring(Settings settings) {
    now = settings;
    parts.forEach(part -> part.bring(settings));
  }

  /**
   * Who follows.
   *
   * <p>Owner: whoever holds the lock of the node's settings.
   */
  private static final class Part<T> {
    private final Set<String> names;
    private final Function<Settings, T> reading;
    private final Executor where;
    private final Consumer<T> change;
    // What the part has or will have, once its owner has done what is queued.
    private T told;

    Part(
        Set<ConfigKey<?>> keys,
        Function<Settings, T> reading,
        Executor where,
        Consumer<T> change,
        T told) {
      this.names =
          keys.stream().map(ConfigKey::name).collect(Collectors.toCollection(TreeSet::new));
      this.reading = reading;
      this.where = where;
      this.change = change;
      this.told = told;
    }

    void bring(Settings settings) {
      try {
        T next = reading.apply(settings);
        if (Objects.equals(next, told)) {
          return;
        }
        told = next;
        FaultPoint.NODE_SETTINGS_CHANGED.reached();
        LOG.info("Now in force of {}: {}", names, next);
        tell(next);
      } catch (RuntimeException e) {
        // One part that cannot must not keep the others from theirs.
        LOG.error("New values of {} are not in force: {}", names, e.getMessage(), e);
      }
    }

    void tell(T next) {
      where.execute(() -> run(next));
    }

    private void run(T next) {
      try {
        change.accept(next);
      } catch (RuntimeException e) {
        LOG.error("New values of {} are not in force: {}", names, e.getMessage(), e);
      }
    }
  }
}
