package io.millrace.config;

import static io.millrace.config.ConfigKey.booleanKey;
import static io.millrace.config.ConfigKey.intKey;
import static io.millrace.config.ConfigKey.longKey;

import java.util.List;

/**
 * How the controller watches over brokers and leaders. Names and units are Kafka's.
 *
 * <p>Owner: immutable.
 */
public final class ControllerKeys {
  private static final String CLUSTER = "Cluster";

  public static final ConfigKey<Integer> BROKER_HEARTBEAT_INTERVAL_MS =
      intKey("broker.heartbeat.interval.ms")
          .section(CLUSTER)
          .unit("ms")
          .defaultsTo(2_000)
          .allowed(Allowed.atLeast(1))
          .doc("How often a broker tells the controller that it is alive.")
          .build();

  public static final ConfigKey<Integer> BROKER_SESSION_TIMEOUT_MS =
      intKey("broker.session.timeout.ms")
          .section(CLUSTER)
          .unit("ms")
          .defaultsTo(6_000)
          .allowed(Allowed.atLeast(1))
          .doc(
              "A broker that the controller has not heard of for so long is fenced: its leaders move"
                  + " to others. One whose process is known to be gone is fenced at once. A broker"
                  + " that has not heard of the controller for so long sends clients to the others"
                  + " for what they may lead by now.")
          .build();

  public static final ConfigKey<Boolean> AUTO_LEADER_REBALANCE_ENABLE =
      booleanKey("auto.leader.rebalance.enable")
          .section(CLUSTER)
          .defaultsTo(true)
          .doc(
              "Whether the controller gives partitions back to their preferred leaders, the first of"
                  + " their replicas, when a broker lacks too many.")
          .build();

  public static final ConfigKey<Long> LEADER_IMBALANCE_CHECK_INTERVAL_SECONDS =
      longKey("leader.imbalance.check.interval.seconds")
          .section(CLUSTER)
          .unit("s")
          .defaultsTo(300L)
          .allowed(Allowed.atLeast(1L))
          .doc("How often the controller looks for brokers that lack leaders.")
          .build();

  public static final ConfigKey<Integer> LEADER_IMBALANCE_PER_BROKER_PERCENTAGE =
      intKey("leader.imbalance.per.broker.percentage")
          .section(CLUSTER)
          .unit("%")
          .defaultsTo(10)
          .allowed(Allowed.between(0, 100))
          .doc("How much of the leaders meant for a broker it may lack before they are given back.")
          .build();

  /** In the order of the reference page. */
  static final List<ConfigKey<?>> ALL =
      List.of(
          BROKER_HEARTBEAT_INTERVAL_MS,
          BROKER_SESSION_TIMEOUT_MS,
          AUTO_LEADER_REBALANCE_ENABLE,
          LEADER_IMBALANCE_CHECK_INTERVAL_SECONDS,
          LEADER_IMBALANCE_PER_BROKER_PERCENTAGE);

  private ControllerKeys() {}
}
