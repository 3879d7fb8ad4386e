package io.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.DescribeConfigsRequestData;
import org.apache.kafka.common.message.DescribeConfigsRequestData.DescribeConfigsResource;
import org.apache.kafka.common.message.DescribeConfigsResponseData;
import org.apache.kafka.common.message.GetTelemetrySubscriptionsRequestData;
import org.apache.kafka.common.message.GetTelemetrySubscriptionsResponseData;
import org.apache.kafka.common.message.PushTelemetryRequestData;
import org.apache.kafka.common.message.PushTelemetryResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The same requests about metrics of clients, to Millrace and to Apache Kafka with a plug-in. */
@Timeout(120)
class TelemetryOnKafkaIT {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** A source of configs. */
  private static final byte CLIENT_METRICS_CONFIG = 7;

  /** Asks one broker and writes down what it answers. */
  private static final class Transcript implements AutoCloseable {
    private final List<String> lines = new ArrayList<>();
    private final Clients clients;
    private final WireClient wire;

    Transcript(BrokerProcess broker) {
      clients = new Clients(broker);
      wire = WireClient.connect(broker.address());
    }

    @Override
    public void close() {
      wire.close();
      clients.close();
    }

    private void alter(String name, String... sets) {
      Collection<AlterConfigOp> ops = new ArrayList<>();
      for (String set : sets) {
        int end = set.indexOf('=');
        boolean delete = end < 0;
        ops.add(
            new AlterConfigOp(
                new ConfigEntry(
                    delete ? set : set.substring(0, end), delete ? "" : set.substring(end + 1)),
                delete ? AlterConfigOp.OpType.DELETE : AlterConfigOp.OpType.SET));
      }
      String outcome = "NONE";
      try {
        Clients.await(
            clients
                .admin()
                .incrementalAlterConfigs(
                    Map.of(new ConfigResource(ConfigResource.Type.CLIENT_METRICS, name), ops))
                .all());
      } catch (Exception e) {
        outcome = Errors.forException(e).name();
      }
      lines.add("alter " + name + " " + List.of(sets) + ": " + outcome);
    }

    private DescribeConfigsResponseData.DescribeConfigsResult described(String name) {
      DescribeConfigsResponseData answer =
          (DescribeConfigsResponseData)
              wire.call(
                  ApiKeys.DESCRIBE_CONFIGS,
                  4,
                  new DescribeConfigsRequestData()
                      .setIncludeSynonyms(true)
                      .setResources(
                          List.of(
                              new DescribeConfigsResource()
                                  .setResourceType((byte) 16)
                                  .setResourceName(name)
                                  .setConfigurationKeys(null))));
      return answer.results().get(0);
    }

    /** Brokers hear of changes a moment later. */
    private void awaitConfigs(String name, boolean set) {
      Await.until(
          name + " is set: " + set,
          PATIENCE,
          () ->
              described(name).configs().stream()
                      .anyMatch(config -> config.configSource() == CLIENT_METRICS_CONFIG)
                  == set);
    }

    private void describe(String name) {
      var result = described(name);
      lines.add("describe " + name + ": " + Errors.forCode(result.errorCode()));
      result.configs().stream()
          .map(
              config ->
                  config.name()
                      + "="
                      + config.value()
                      + ", source "
                      + config.configSource()
                      + ", type "
                      + config.configType()
                      + (config.readOnly() ? ", read-only" : "")
                      + ", synonyms "
                      + config.synonyms())
          .sorted()
          .forEach(lines::add);
    }

    private void list() throws Exception {
      lines.add(
          "list: "
              + Clients.await(
                  clients
                      .admin()
                      .listConfigResources(
                          java.util.Set.of(ConfigResource.Type.CLIENT_METRICS),
                          new org.apache.kafka.clients.admin.ListConfigResourcesOptions())
                      .all()));
    }

    private GetTelemetrySubscriptionsResponseData ask(Uuid id) {
      return (GetTelemetrySubscriptionsResponseData)
          wire.call(
              ApiKeys.GET_TELEMETRY_SUBSCRIPTIONS,
              0,
              new GetTelemetrySubscriptionsRequestData().setClientInstanceId(id));
    }

    private GetTelemetrySubscriptionsResponseData get(String what, Uuid id) {
      GetTelemetrySubscriptionsResponseData answer = ask(id);
      Errors error = Errors.forCode(answer.errorCode());
      lines.add(
          "get "
              + what
              + ": "
              + error
              + (error == Errors.NONE
                  ? ", subscription "
                      + (answer.subscriptionId() ^ answer.clientInstanceId().hashCode())
                  : ", subscription " + answer.subscriptionId() + answer.clientInstanceId())
              + ", "
              + answer.requestedMetrics()
              + " every "
              + answer.pushIntervalMs()
              + " ms, at most "
              + answer.telemetryMaxBytes()
              + " bytes, "
              + answer.acceptedCompressionTypes()
              + ", delta "
              + answer.deltaTemporality());
      return answer;
    }

    /** Brokers hear of changes a moment later. */
    private void awaitAnswer(Predicate<GetTelemetrySubscriptionsResponseData> such) {
      Await.until(
          () -> "a changed subscription: " + ask(Uuid.randomUuid()) + " after " + lines,
          PATIENCE,
          () -> such.test(ask(Uuid.randomUuid())));
    }

    private void push(String what, PushTelemetryRequestData push) {
      PushTelemetryResponseData answer =
          (PushTelemetryResponseData) wire.call(ApiKeys.PUSH_TELEMETRY, 0, push);
      lines.add("push " + what + ": " + Errors.forCode(answer.errorCode()));
    }

    private static PushTelemetryRequestData of(GetTelemetrySubscriptionsResponseData subscription) {
      return new PushTelemetryRequestData()
          .setClientInstanceId(subscription.clientInstanceId())
          .setSubscriptionId(subscription.subscriptionId());
    }

    List<String> write() throws Exception {
      configs();
      requests();
      changes();
      return lines;
    }

    private void configs() throws Exception {
      describe("none");
      describe("");
      list();
      alter("bad", "interval.ms=99");
      alter("bad", "interval.ms=3600001");
      alter("bad", "interval.ms=soon");
      alter("bad", "frequency=1");
      alter("bad", "match=client_id");
      alter("bad", "match=name=x");
      alter("bad", "match=client_id=(");
      alter("bad", "match=client_id=a=b");
      alter("bad", "metrics=a,a");
      awaitConfigs("bad", true);
      alter("bad", "metrics");
      awaitConfigs("bad", false);
      alter("", "metrics=a");
      list();
      alter("some", "metrics=*", "interval.ms=60000", "match=client_id=n.*");
      awaitConfigs("some", true);
      describe("some");
      list();
      alter("some", "metrics", "interval.ms", "match");
      awaitConfigs("some", false);
      describe("some");
      list();
    }

    private void requests() {
      alter("all", "metrics=*", "interval.ms=60000");
      awaitAnswer(answer -> answer.pushIntervalMs() == 60_000);
      var first = get("a new id", Uuid.ZERO_UUID);
      get("again", first.clientInstanceId());
      push("nothing", of(first));
      push("too soon", of(first));
      push("at the end", of(first).setTerminating(true));
      push("after the end", of(first));
      push("after that", of(first));
      push("without an id", of(first).setClientInstanceId(Uuid.ZERO_UUID));
      push("with a reserved id", of(first).setClientInstanceId(Uuid.ONE_UUID));

      var second = get("a second one", Uuid.ZERO_UUID);
      push("of no subscription", of(second).setSubscriptionId(4711));
      get("after that", second.clientInstanceId());
      get("and again", second.clientInstanceId());

      var third = get("a third one", Uuid.ZERO_UUID);
      push("in no compression", of(third).setCompressionType((byte) 9));
      get("after that", third.clientInstanceId());

      var fourth = get("a fourth one", Uuid.ZERO_UUID);
      push("of more than allowed", of(fourth).setMetrics(ByteBuffer.allocate((1 << 20) + 1)));
      get("after that", fourth.clientInstanceId());

      var fifth = get("a fifth one", Uuid.ZERO_UUID);
      push("of nonsense", of(fifth).setMetrics(ByteBuffer.wrap(new byte[] {1, 2, 3})));
      push("after that", of(fifth));
    }

    private void changes() {
      var client = get("before a change", Uuid.ZERO_UUID);
      push("before it", of(client));
      alter("all", "metrics=a.b", "interval.ms=50000");
      awaitAnswer(answer -> answer.pushIntervalMs() == 50_000);
      push("after it", of(client));
      var changed = get("after it", client.clientInstanceId());
      push("with the new one", of(changed));
      alter("other", "metrics=c", "match=client_software_name=unknown");
      awaitAnswer(answer -> answer.requestedMetrics().size() == 2);
      alter("all", "metrics", "interval.ms");
      alter("other", "metrics", "match");
      awaitAnswer(answer -> answer.requestedMetrics().isEmpty());
      get("without subscriptions", Uuid.ZERO_UUID);
    }
  }

  private static List<String> transcript(BrokerProcess broker) throws Exception {
    try (broker;
        Transcript transcript = ready(broker)) {
      return transcript.write();
    }
  }

  private static Transcript ready(BrokerProcess broker) {
    // Kafka says so.
    broker.expectInOutput("Error exporting client metrics to the plugin");
    broker.startAndAwaitReady();
    return new Transcript(broker);
  }

  @Test
  void shouldAnswerAsKafkaDoes(@TempDir Path dir) throws Exception {
    List<String> kafka =
        transcript(
            new KafkaProcess(
                dir.resolve("kafka"), Map.of("metric.reporters", TelemetrySink.class.getName())));
    List<String> millrace = transcript(new MillraceProcess(dir.resolve("millrace"), Map.of()));
    assertThat(millrace).containsExactlyElementsOf(kafka);
  }
}
