package io.millrace.metadata;

import io.millrace.model.TopicId;
import java.util.Collection;
import java.util.Map;

/**
 * All committed cluster metadata at one offset of the metadata log. Readers take one reference for
 * each request.
 *
 * <p>Owner: immutable.
 */
public interface ClusterImage {
  /** Offset of the last applied record of the metadata log; -1 = nothing is applied yet. */
  long offset();

  /** The cluster's id, 22 characters; null before the first record. */
  String clusterId();

  /** Node id of the active controller; -1 = unknown. */
  int controllerId();

  /** Registered brokers by node id, fenced ones too. */
  Map<Integer, BrokerImage> brokers();

  Collection<TopicImage> topics();

  /** null = there is no such topic. */
  TopicImage topic(String name);

  /** null = there is no such topic. */
  TopicImage topic(TopicId id);

  /** The explicitly set configs of a resource, never null. */
  Map<String, String> configs(ConfigResource resource);
}
