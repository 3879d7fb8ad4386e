package io.millrace.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.telemetry.ClientInstances.Asked;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.message.GetTelemetrySubscriptionsRequestData;
import org.apache.kafka.common.message.PushTelemetryRequestData;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.network.ClientInformation;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.GetTelemetrySubscriptionsRequest;
import org.apache.kafka.common.requests.PushTelemetryRequest;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.server.ClientMetricsManager;
import org.apache.kafka.server.metrics.ClientMetricsConfigs;
import org.apache.kafka.server.metrics.ClientTelemetryExporterPlugin;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The same requests, step by step, to the rules here and to those of Apache Kafka. */
class KafkaRulesTest {
  private static final int MAX_BYTES = 100;
  private static final int STEPS = 4_000;

  /** Passes when the test says so. */
  private static final class PushedTime implements Time {
    private long nowMs = 1_000_000;

    @Override
    public long milliseconds() {
      return nowMs;
    }

    @Override
    public long nanoseconds() {
      return nowMs * 1_000_000;
    }

    @Override
    public void sleep(long ms) {
      nowMs += ms;
    }

    @Override
    public void waitObject(Object object, Supplier<Boolean> condition, long deadlineMs) {
      throw new UnsupportedOperationException();
    }
  }

  private final PushedTime time = new PushedTime();
  private final ClientInstances instances = new ClientInstances(MAX_BYTES);
  private final Map<String, Subscription> subscriptions = new TreeMap<>();
  private final Map<Uuid, Integer> known = new TreeMap<>();

  private static RequestContext context(ApiKeys key, int connection) {
    return new RequestContext(
        new RequestHeader(key, (short) 0, "client-" + connection, 1),
        "connection-" + connection,
        InetAddress.getLoopbackAddress(),
        java.util.Optional.of(5_000 + connection),
        KafkaPrincipal.ANONYMOUS,
        new ListenerName("PLAINTEXT"),
        SecurityProtocol.PLAINTEXT,
        ClientInformation.EMPTY,
        false);
  }

  private static ClientTraits traits(Uuid id, int connection) {
    return new ClientTraits(
        id, "client-" + connection, "unknown", "unknown", "127.0.0.1", 5_000 + connection);
  }

  private void subscribe(ClientMetricsManager kafka, String name, Map<String, String> configs)
      throws SubscriptionException {
    if (configs.isEmpty() && !subscriptions.containsKey(name)) {
      return;
    }
    Properties properties = new Properties();
    properties.putAll(configs);
    kafka.updateSubscription(name, properties);
    if (configs.isEmpty()) {
      subscriptions.remove(name);
    } else {
      subscriptions.put(name, Subscription.of(name, configs));
    }
    instances.subscriptions(new Subscriptions(List.copyOf(subscriptions.values())));
  }

  private String get(ClientMetricsManager kafka, Uuid id, int connection) {
    Asked asked =
        instances.get(traits(id, connection), connection, time.milliseconds(), time.milliseconds());
    var answer =
        kafka
            .processGetTelemetrySubscriptionRequest(
                new GetTelemetrySubscriptionsRequest.Builder(
                        new GetTelemetrySubscriptionsRequestData().setClientInstanceId(id), true)
                    .build(),
                context(ApiKeys.GET_TELEMETRY_SUBSCRIPTIONS, connection))
            .data();
    assertThat(asked.error()).isEqualTo(Errors.forCode(answer.errorCode()));
    if (asked.error() == Errors.NONE) {
      assertThat(asked.subscriptionId()).isEqualTo(answer.subscriptionId());
      assertThat(asked.intervalMs()).isEqualTo(answer.pushIntervalMs());
      assertThat(asked.metrics()).containsExactlyInAnyOrderElementsOf(answer.requestedMetrics());
      known.put(id, asked.subscriptionId());
    }
    return "get " + asked.error();
  }

  private String push(ClientMetricsManager kafka, Random random, Uuid id, int connection) {
    int subscription = random.nextInt(10) == 0 ? 4711 : known.getOrDefault(id, 0);
    boolean terminating = random.nextInt(10) == 0;
    byte compression = (byte) (random.nextInt(10) == 0 ? 9 : 0);
    int bytes = random.nextInt(10) == 0 ? MAX_BYTES + 1 : random.nextInt(MAX_BYTES + 1);
    Errors error =
        instances.checkPush(
            new PushHead(subscription, terminating, compression == 0, bytes),
            traits(id, connection),
            connection,
            time.milliseconds(),
            time.milliseconds());
    var answer =
        kafka
            .processPushTelemetryRequest(
                new PushTelemetryRequest.Builder(
                        new PushTelemetryRequestData()
                            .setClientInstanceId(id)
                            .setSubscriptionId(subscription)
                            .setTerminating(terminating)
                            .setCompressionType(compression)
                            .setMetrics(ByteBuffer.allocate(bytes)),
                        true)
                    .build(),
                context(ApiKeys.PUSH_TELEMETRY, connection))
            .data();
    assertThat(error).isEqualTo(Errors.forCode(answer.errorCode()));
    return "push " + error;
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void shouldDecideAsKafkaDoes(long seed) throws Exception {
    Random random = new Random(seed);
    List<Uuid> ids = new ArrayList<>(List.of(Uuid.ONE_UUID));
    for (int i = 1; i <= 5; i++) {
      ids.add(new Uuid(seed, i));
    }
    List<String> steps = new ArrayList<>();
    ClientMetricsManager kafka =
        new ClientMetricsManager(
            new ClientTelemetryExporterPlugin(), MAX_BYTES, time, new Metrics());
    try {
      for (int i = 0; i < STEPS; i++) {
        int client = random.nextInt(ids.size());
        Uuid id = ids.get(client);
        try {
          switch (random.nextInt(12)) {
            case 0, 1, 2 -> steps.add(get(kafka, id, client));
            case 3, 4, 5, 6, 7 -> steps.add(push(kafka, random, id, client));
            case 8, 9, 10 -> {
              // A second at most between two steps: nobody expires.
              time.sleep(random.nextInt(1_000));
            }
            default -> {
              if (random.nextInt(8) == 0) {
                subscribe(
                    kafka,
                    "s" + random.nextInt(2),
                    random.nextInt(4) == 0
                        ? Map.of()
                        : Map.of(
                            "metrics",
                            random.nextBoolean() ? "*" : "a.b",
                            "interval.ms",
                            Integer.toString(100 + random.nextInt(3_000)),
                            "match",
                            "client_id=client-[" + random.nextInt(3) + "-5]"));
                steps.add("subscribe");
              }
            }
          }
        } catch (AssertionError e) {
          throw new AssertionError(
              "seed "
                  + seed
                  + ", after "
                  + steps.subList(Math.max(0, steps.size() - 20), steps.size()),
              e);
        }
      }
    } finally {
      kafka.close();
    }
    assertThat(steps)
        .contains(
            "get NONE",
            "get THROTTLING_QUOTA_EXCEEDED",
            "push NONE",
            "push THROTTLING_QUOTA_EXCEEDED",
            "push UNKNOWN_SUBSCRIPTION_ID",
            "push UNSUPPORTED_COMPRESSION_TYPE",
            "push TELEMETRY_TOO_LARGE",
            "push INVALID_REQUEST");
  }

  private static Errors ofKafka(Map<String, String> configs) {
    try {
      ClientMetricsConfigs.validate("s", configs);
      return Errors.NONE;
    } catch (ConfigException e) {
      // So does Kafka's controller.
      return Errors.INVALID_CONFIG;
    } catch (RuntimeException e) {
      return Errors.forException(e);
    }
  }

  private static Errors here(Map<String, String> configs) {
    try {
      Subscription.of("s", configs);
      return Errors.NONE;
    } catch (SubscriptionException e) {
      return e.error();
    }
  }

  @Test
  void shouldTakeAndRefuseTheConfigsThatKafkaDoes() {
    Map<String, List<String>> values =
        Map.of(
            "interval.ms",
            List.of(
                "", " ", "99", "100", " 3600000 ", "3600001", "-1", "soon", "1e3", "99999999999"),
            "metrics",
            List.of("", "*", "a,b", "a, a", "a,,b", ",", "a.b.", " a ", "a b"),
            "match",
            List.of(
                "",
                "client_id=a",
                "client_id",
                "client_id=",
                "=a",
                "client_id=a=b",
                "client_id=a==",
                "Client_id=a",
                " client_id = a ",
                "client_id=a,client_id=b",
                "client_id=a,client_id=a",
                "client_id=[",
                "client_id=a{1,2}",
                "client_source_port=1.*,client_source_address=::1"),
            "other",
            List.of("", "x"));

    values.forEach(
        (key, all) ->
            all.forEach(
                value ->
                    assertThat(here(Map.of(key, value)))
                        .as("%s=%s", key, value)
                        .isEqualTo(ofKafka(Map.of(key, value)))));
  }
}
