package io.millrace.controller;

import java.util.Optional;
import java.util.function.BiFunction;

/**
 * What users may create and set, beyond what is valid.
 *
 * @param ofTopic the most partitions of a topic
 * @param ofCluster the most partitions of all topics
 * @param refusal why a topic's setting may not have a value, by key and value; empty = it may
 *     <p>Owner: immutable.
 */
public record TopicLimits(
    int ofTopic, int ofCluster, BiFunction<String, String, Optional<String>> refusal) {
  /** Whatever is valid. */
  public static final TopicLimits NONE =
      new TopicLimits(Integer.MAX_VALUE, Integer.MAX_VALUE, (key, value) -> Optional.empty());
}
