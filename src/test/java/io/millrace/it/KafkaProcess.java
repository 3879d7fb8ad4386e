package io.millrace.it;

import io.millrace.model.FreePorts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.protocol.ApiKeys;

/**
 * Apache Kafka as one combined KRaft node, from the test class path: to try the tests themselves,
 * and to look up what Kafka does.
 *
 * <p>Owner: the test's thread.
 */
final class KafkaProcess extends BrokerProcess {
  private final int port;
  private final int controllerPort;

  KafkaProcess(Path dir, Map<String, String> settings) {
    super(dir, settings);
    port = FreePorts.next();
    controllerPort = FreePorts.next();
  }

  @Override
  List<String> command(Map<String, String> settings) {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("process.roles", "broker,controller");
    all.put("node.id", "1");
    all.put("controller.quorum.voters", "1@127.0.0.1:" + controllerPort);
    all.put(
        "listeners", "PLAINTEXT://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + controllerPort);
    all.put("advertised.listeners", "PLAINTEXT://127.0.0.1:" + port);
    all.put("inter.broker.listener.name", "PLAINTEXT");
    all.put("controller.listener.names", "CONTROLLER");
    all.put("listener.security.protocol.map", "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT");
    all.put("log.dirs", logDir().toString());
    all.put("offsets.topic.replication.factor", "1");
    all.put("transaction.state.log.replication.factor", "1");
    all.put("transaction.state.log.min.isr", "1");
    all.putAll(settings);
    Path properties = dir().resolve("server.properties");
    Path logging = dir().resolve("logback-kafka.xml");
    try {
      Files.createDirectories(dir());
      Files.writeString(
          properties,
          all.entrySet().stream()
              .map(e -> e.getKey() + "=" + e.getValue() + "\n")
              .collect(Collectors.joining()));
      Files.writeString(
          logging,
          "<configuration><appender name='out' class='ch.qos.logback.core.ConsoleAppender'><encoder>"
              + "<pattern>%d %p %m \\(%c\\)%n</pattern></encoder></appender>"
              + "<root level='INFO'><appender-ref ref='out'/></root></configuration>");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (!Files.exists(logDir().resolve("meta.properties"))) {
      Tool.run(
              "kafka.tools.StorageTool",
              "format",
              "--config",
              properties.toString(),
              "--cluster-id",
              Uuid.randomUuid().toString())
          .succeeded();
    }
    return List.of(
        MillraceProcess.java(),
        "-Xmx512m",
        "-Dlogback.configurationFile=" + logging,
        "-cp",
        System.getProperty("java.class.path"),
        "kafka.Kafka",
        properties.toString());
  }

  @Override
  InetSocketAddress address() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  @Override
  boolean isReady(ProcessOutput output) {
    try (WireClient client = WireClient.connect(address())) {
      var unused = client.call(ApiKeys.API_VERSIONS, 0, new ApiVersionsRequestData());
      return true;
    } catch (UncheckedIOException e) {
      return false;
    }
  }

  @Override
  Path logDir() {
    return dir().resolve("data");
  }
}
