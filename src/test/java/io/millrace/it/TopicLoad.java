package io.millrace.it;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.TopicExistsException;

/**
 * Creates topics one after the other through any node that answers, changes a config of each, and
 * remembers what was acknowledged: that must be there whatever happens.
 *
 * <p>Owner: its thread; what is public, any thread.
 */
final class TopicLoad implements AutoCloseable {
  /**
   * Longer than a node without a controller takes to say so, after which the client asks others.
   */
  private static final int ANSWER_WITHIN_MS = 8_000;

  private static final int PATIENCE_MS = 20_000;

  /** So that in the end not thousands have to be looked for on every node. */
  private static final long INTERVAL_NS = 30_000_000;

  private final String bootstrap;
  private final String prefix;
  private final Set<String> acknowledged = new ConcurrentSkipListSet<>();

  /** Of each topic one change, so that none that comes late can hide another. */
  private final Map<String, Map<String, String>> configs = new ConcurrentSkipListMap<>();

  private final Thread thread = new Thread(this::run, "topic load");
  private volatile boolean stopped;
  private volatile Throwable failure;

  private TopicLoad(String bootstrap, String prefix) {
    this.bootstrap = bootstrap;
    this.prefix = prefix;
  }

  static TopicLoad start(TestCluster cluster, String prefix) {
    TopicLoad load = new TopicLoad(cluster.bootstrap(), prefix);
    load.thread.start();
    return load;
  }

  private void run() {
    Map<String, Object> config =
        Map.of(
            "bootstrap.servers",
            bootstrap,
            "request.timeout.ms",
            ANSWER_WITHIN_MS,
            "default.api.timeout.ms",
            PATIENCE_MS,
            "reconnect.backoff.max.ms",
            200);
    try (Admin admin = Admin.create(config)) {
      for (int number = 0; !stopped; number++) {
        LockSupport.parkNanos(INTERVAL_NS);
        String topic = prefix + "-" + number;
        create(admin, topic);
        if (acknowledged.contains(topic)) {
          alter(admin, topic, Integer.toString(1_000_000 + number));
        }
      }
    } catch (InterruptedException | RuntimeException e) {
      failure = e;
    }
  }

  private void create(Admin admin, String topic) throws InterruptedException {
    try {
      admin
          .createTopics(List.of(new NewTopic(topic, 1, (short) 1)))
          .all()
          .get(2 * PATIENCE_MS, TimeUnit.MILLISECONDS);
      acknowledged.add(topic);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof TopicExistsException) {
        // An answer was lost, and the client asked again.
        acknowledged.add(topic);
      }
    } catch (TimeoutException e) {
      // Not acknowledged: it may be there or not.
    }
  }

  private void alter(Admin admin, String topic, String retentionMs) throws InterruptedException {
    AlterConfigOp op =
        new AlterConfigOp(new ConfigEntry("retention.ms", retentionMs), AlterConfigOp.OpType.SET);
    try {
      admin
          .incrementalAlterConfigs(
              Map.of(new ConfigResource(ConfigResource.Type.TOPIC, topic), List.of(op)))
          .all()
          .get(2 * PATIENCE_MS, TimeUnit.MILLISECONDS);
      configs.put(topic, Map.of("retention.ms", retentionMs));
    } catch (ExecutionException | TimeoutException e) {
      // Not acknowledged: it may be there or not.
    }
  }

  /** Configs whose change was acknowledged, by topic and key. */
  Map<String, Map<String, String>> configs() {
    return configs;
  }

  /** How many topics were acknowledged so far. */
  int count() {
    return acknowledged.size();
  }

  /** Waits until so many more topics are acknowledged. */
  void awaitMore(int more) {
    int wanted = count() + more;
    Await.until(
        () -> wanted + " acknowledged topics, there are " + count(),
        TestCluster.PATIENCE,
        () -> count() >= wanted || failure != null);
  }

  /** Ends the load and waits until every node has all that was acknowledged. */
  void stopAndAwaitOn(TestCluster cluster) {
    cluster.awaitTopics(stop());
    cluster.awaitConfigs(configs);
  }

  /** Ends the load and returns the topics that were acknowledged. */
  List<String> stop() {
    close();
    if (failure != null) {
      throw new AssertionError(failure);
    }
    return new ArrayList<>(acknowledged);
  }

  @Override
  public void close() {
    stopped = true;
    try {
      thread.join(TestCluster.PATIENCE.toMillis());
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
