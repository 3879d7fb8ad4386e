package io.millrace.config;

import static io.millrace.config.ConfigKey.intKey;

import java.util.List;

/**
 * Over which time quotas of clients are looked at, and how fast connections may come. Names, units
 * and defaults are Kafka's; the quotas themselves are set by AlterClientQuotas.
 *
 * <p>Owner: immutable.
 */
public final class QuotaKeys {
  private static final String QUOTAS = "Quotas of clients";
  private static final String SECONDS = "s";
  private static final int MAX_WINDOWS = 3_600;

  public static final ConfigKey<Integer> QUOTA_WINDOW_NUM =
      intKey("quota.window.num")
          .section(QUOTAS)
          .defaultsTo(11)
          .allowed(Allowed.between(1, MAX_WINDOWS))
          .doc(
              "Over so many windows the rate of a client is looked at, the one that runs included:"
                  + " whoever was idle may use the quota of all of them at once.")
          .build();

  public static final ConfigKey<Integer> QUOTA_WINDOW_SIZE_SECONDS =
      intKey("quota.window.size.seconds")
          .section(QUOTAS)
          .unit(SECONDS)
          .defaultsTo(1)
          .allowed(Allowed.between(1, MAX_WINDOWS))
          .doc("The length of each window of `quota.window.num`.")
          .build();

  public static final ConfigKey<Integer> CONTROLLER_QUOTA_WINDOW_NUM =
      intKey("controller.quota.window.num")
          .section(QUOTAS)
          .defaultsTo(11)
          .allowed(Allowed.between(1, MAX_WINDOWS))
          .doc("As `quota.window.num`, of `controller_mutation_rate`.")
          .build();

  public static final ConfigKey<Integer> CONTROLLER_QUOTA_WINDOW_SIZE_SECONDS =
      intKey("controller.quota.window.size.seconds")
          .section(QUOTAS)
          .unit(SECONDS)
          .defaultsTo(1)
          .allowed(Allowed.between(1, MAX_WINDOWS))
          .doc("The length of each window of `controller.quota.window.num`.")
          .build();

  public static final ConfigKey<Integer> MAX_CONNECTION_CREATION_RATE =
      intKey("max.connection.creation.rate")
          .section(QUOTAS)
          .defaultsTo(Integer.MAX_VALUE)
          .allowed(Allowed.atLeast(1))
          .clusterWide()
          .doc(
              "New client connections of the node in a second. More of them are accepted, but wait"
                  + " until their turn before anything is read from them.")
          .build();

  static final List<ConfigKey<?>> ALL =
      List.of(
          QUOTA_WINDOW_NUM,
          QUOTA_WINDOW_SIZE_SECONDS,
          CONTROLLER_QUOTA_WINDOW_NUM,
          CONTROLLER_QUOTA_WINDOW_SIZE_SECONDS,
          MAX_CONNECTION_CREATION_RATE);

  private QuotaKeys() {}
}
