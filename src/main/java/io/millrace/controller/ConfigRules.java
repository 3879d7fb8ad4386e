package io.millrace.controller;

import io.millrace.controller.Controller.Outcome;
import io.millrace.metadata.ConfigResource;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.protocol.Errors;

/**
 * What the controller must know about the keys of dynamic configs; {@code server} wires it to the
 * declared keys. Pure.
 *
 * <p>Owner: any thread.
 */
public interface ConfigRules {
  /**
   * Checks all explicit configs that a resource would have: unknown keys, bad values, values that
   * do not fit each other.
   *
   * @return what is wrong, for the client; empty = nothing
   */
  Optional<String> validate(ConfigResource resource, Map<String, String> configs);

  /**
   * As {@link #validate}, with the error that goes with it: INVALID_CONFIG where the kind of
   * resource has no other.
   */
  default Optional<Outcome> refusal(ConfigResource resource, Map<String, String> configs) {
    return validate(resource, configs).map(why -> new Outcome(Errors.INVALID_CONFIG, why));
  }

  /**
   * Checks a change of what {@link #validate} has accepted: what does not fit the configs around
   * it, and steps that are too large.
   *
   * @param old the explicit configs that the resource has now
   * @param changed those that it would have
   * @param ofAllBrokers the committed default of all brokers
   * @return what is wrong, for the client; empty = nothing
   */
  default Optional<String> validateChange(
      ConfigResource resource,
      Map<String, String> old,
      Map<String, String> changed,
      Map<String, String> ofAllBrokers) {
    return Optional.empty();
  }

  /**
   * What users may create and set.
   *
   * @param ofAllBrokers the committed default of all brokers
   */
  default TopicLimits topicLimits(Map<String, String> ofAllBrokers) {
    return TopicLimits.NONE;
  }

  /** Whether a key's value is a comma separated list, so that APPEND and SUBTRACT apply. */
  boolean isList(ConfigResource.Type type, String key);

  /**
   * The value in force where nothing explicit is set: what APPEND and SUBTRACT start from.
   *
   * @return null = none
   */
  String defaultValue(ConfigResource.Type type, String key);
}
