package io.millrace.api;

import io.millrace.api.cluster.OwnStanding;
import io.millrace.metadata.BrokerImage;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.ConfigResource;
import io.millrace.metadata.Endpoint;
import io.millrace.metadata.PartitionImage;
import io.millrace.metadata.TopicImage;
import io.millrace.model.TopicId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** An image that tests write themselves. */
public final class TestImage implements ClusterImage {
  /** Broker 1, whom the controller answers. */
  public static final OwnStanding IN_TOUCH = new OwnStanding(1, () -> false);

  private final Map<Integer, BrokerImage> brokers = new HashMap<>();
  private final Map<String, TopicImage> topics = new LinkedHashMap<>();
  private final Map<ConfigResource, Map<String, String>> configs = new HashMap<>();
  private final Map<String, Integer> features = new HashMap<>();
  private int controller = 1;
  private long offset = 42;

  /** A cluster of broker 1, reached as {@code b1:9092}. */
  public static TestImage ofOne() {
    return new TestImage().broker(1, "b1", 9092);
  }

  public TestImage broker(int id, String host, int port) {
    return broker(id, new Endpoint("PLAINTEXT", host, port), null, false);
  }

  public TestImage broker(int id, Endpoint endpoint, String rack, boolean fenced) {
    brokers.put(id, new BrokerImage(id, 7, List.of(endpoint), rack, fenced));
    return this;
  }

  public TestImage controller(int id) {
    controller = id;
    return this;
  }

  /** A partition that moves from broker 1, which leads it, to broker 2. */
  public static PartitionImage moving(int partition) {
    return new PartitionImage(
        partition,
        List.of(2, 1),
        List.of(1),
        List.of(),
        1,
        3,
        5,
        false,
        List.of(2),
        List.of(1),
        List.of());
  }

  /** A topic with all partitions on broker 1. */
  public TestImage topic(String name, int partitions) {
    List<PartitionImage> images = new ArrayList<>();
    for (int i = 0; i < partitions; i++) {
      images.add(new PartitionImage(i, List.of(1), List.of(1), List.of(), 1, 3, 5));
    }
    return topic(name, images.toArray(PartitionImage[]::new));
  }

  public TestImage topic(String name, PartitionImage... partitions) {
    topics.put(name, new TopicImage(idOf(name), name, List.of(partitions)));
    return this;
  }

  public TestImage config(ConfigResource resource, String key, String value) {
    configs.computeIfAbsent(resource, r -> new HashMap<>()).put(key, value);
    return this;
  }

  public TestImage offset(long value) {
    offset = value;
    return this;
  }

  public TestImage feature(String name, int level) {
    features.put(name, level);
    return this;
  }

  /** The id that a topic of this name has in all tests. */
  public static TopicId idOf(String name) {
    return new TopicId(name.hashCode(), 17);
  }

  @Override
  public Map<String, Integer> features() {
    return features;
  }

  @Override
  public long offset() {
    return offset;
  }

  @Override
  public String clusterId() {
    return "testtesttesttesttestte";
  }

  @Override
  public int controllerId() {
    return controller;
  }

  @Override
  public Map<Integer, BrokerImage> brokers() {
    return brokers;
  }

  @Override
  public Collection<TopicImage> topics() {
    return topics.values();
  }

  @Override
  public TopicImage topic(String name) {
    return topics.get(name);
  }

  @Override
  public TopicImage topic(TopicId id) {
    return topics.values().stream().filter(topic -> topic.id().equals(id)).findAny().orElse(null);
  }

  @Override
  public Set<ConfigResource> configured() {
    return configs.keySet();
  }

  @Override
  public Map<String, String> configs(ConfigResource resource) {
    return configs.getOrDefault(resource, Map.of());
  }
}
