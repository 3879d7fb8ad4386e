package io.millrace.metadata;

import io.millrace.model.TopicId;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What changed between two images.
 *
 * @param before the image before
 * @param after the image after
 * @param changedTopics topics created, or with a partition added or changed: by id, as they are
 *     after
 * @param deletedTopics topics with a delete record: by id, as they were before. A topic that is
 *     merely missing is never here.
 * @param changedConfigs resources whose explicit configs changed
 * @param changedBrokers node ids registered, fenced or changed, or with a replica in another
 *     condition
 *     <p>Owner: immutable.
 */
public record ImageDelta(
    ClusterImage before,
    ClusterImage after,
    Map<TopicId, TopicImage> changedTopics,
    Map<TopicId, TopicImage> deletedTopics,
    Set<ConfigResource> changedConfigs,
    Set<Integer> changedBrokers) {
  /** Everything that is in an image, as if nothing had been before. */
  public static ImageDelta ofAll(MetadataImage image) {
    Map<TopicId, TopicImage> topics = new HashMap<>();
    image.topics().forEach(topic -> topics.put(topic.id(), topic));
    return new ImageDelta(
        MetadataImage.EMPTY,
        image,
        topics,
        Map.of(),
        image.maps().configs().keySet(),
        image.brokers().keySet());
  }

  /** What changed in both, the other one beginning where this one ends. */
  ImageDelta followedBy(ImageDelta next) {
    Map<TopicId, TopicImage> changed = new HashMap<>(changedTopics);
    changed.putAll(next.changedTopics);
    changed.keySet().removeAll(next.deletedTopics.keySet());
    Map<TopicId, TopicImage> deleted = new HashMap<>(deletedTopics);
    deleted.putAll(next.deletedTopics);
    Set<ConfigResource> configs = new HashSet<>(changedConfigs);
    configs.addAll(next.changedConfigs);
    Set<Integer> brokers = new HashSet<>(changedBrokers);
    brokers.addAll(next.changedBrokers);
    return new ImageDelta(before, next.after, changed, deleted, configs, brokers);
  }

  /** Whether a quota was set, changed or taken away. */
  public boolean changesQuotas() {
    return before.quotas() != after.quotas() && !before.quotas().equals(after.quotas());
  }

  /** The names of the configs of a resource that were set, changed or taken away, in order. */
  public SortedSet<String> changedKeys(ConfigResource resource) {
    Map<String, String> old = before.configs(resource);
    Map<String, String> now = after.configs(resource);
    SortedSet<String> names = new TreeSet<>(old.keySet());
    names.addAll(now.keySet());
    names.removeIf(name -> Objects.equals(old.get(name), now.get(name)));
    return names;
  }
}
