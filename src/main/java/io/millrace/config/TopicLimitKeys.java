package io.millrace.config;

import static io.millrace.config.ConfigKey.intKey;
import static io.millrace.config.ConfigKey.listKey;

import java.util.List;

/**
 * What users may create and set. Decided by the controller, so that they are one for the cluster:
 * the default of all brokers, else the controller's file.
 *
 * <p>Owner: immutable.
 */
public final class TopicLimitKeys {
  private static final String LIMITS = "What users may create";

  public static final ConfigKey<List<String>> TOPIC_CONFIG_LIMITS =
      listKey("topic.config.limits")
          .section(LIMITS)
          .defaultsTo(List.of())
          .allowed(
              new Allowed<>(
                  "a list of KEY=MIN..MAX for settings of topics that are numbers, where one side"
                      + " may be missing, and KEY=WORD|WORD for others",
                  TopicConfigLimits::isValid))
          .clusterWide()
          .doc(
              "Which values of topics' settings are allowed, such as"
                  + " `retention.ms=..604800000,cleanup.policy=delete|compact`; -1 of a retention"
                  + " is larger than any number. Others are refused with POLICY_VIOLATION when a"
                  + " topic is created or the setting is changed; topics that have them keep them.")
          .build();

  public static final ConfigKey<Integer> TOPIC_PARTITIONS_MAX =
      intKey("topic.partitions.max")
          .section(LIMITS)
          .defaultsTo(Integer.MAX_VALUE)
          .allowed(Allowed.atLeast(1))
          .clusterWide()
          .doc(
              "The most partitions that a topic may get, when it is created or later; more are"
                  + " refused with POLICY_VIOLATION. Coordinators' topics are not concerned.")
          .build();

  public static final ConfigKey<Integer> CLUSTER_PARTITIONS_MAX =
      intKey("cluster.partitions.max")
          .section(LIMITS)
          .defaultsTo(Integer.MAX_VALUE)
          .allowed(Allowed.atLeast(1))
          .clusterWide()
          .doc(
              "The most partitions of all topics together, replicas not counted; more are refused"
                  + " with POLICY_VIOLATION. Coordinators' topics are always created.")
          .build();

  /** In the order of the reference page. */
  static final List<ConfigKey<?>> ALL =
      List.of(TOPIC_CONFIG_LIMITS, TOPIC_PARTITIONS_MAX, CLUSTER_PARTITIONS_MAX);

  private TopicLimitKeys() {}
}
