package io.millrace.cli;

import java.io.IOException;
import java.io.Reader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.common.utils.Utils;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Which broker, and how to talk to it: the same options in every client command.
 *
 * <p>Owner: the command's thread.
 */
public final class BrokerOptions {
  @Spec(Spec.Target.MIXEE)
  CommandSpec mixee;

  private static final int CONNECT_TIMEOUT_MS = 3_000;

  @Option(
      names = {"-b", "--bootstrap-server"},
      paramLabel = "HOST:PORT",
      defaultValue = "${env:MILLRACE_BOOTSTRAP_SERVER:-127.0.0.1:9092}",
      description =
          "Brokers to ask first, comma separated. Default: MILLRACE_BOOTSTRAP_SERVER, else"
              + " 127.0.0.1:9092.")
  String bootstrapServer = "127.0.0.1:9092";

  @Option(
      names = {"-X", "--client-set"},
      paramLabel = "KEY=VALUE",
      description = "A setting of the Kafka client; repeatable.")
  Map<String, String> clientSettings = new LinkedHashMap<>();

  @Option(
      names = "--client-config",
      paramLabel = "FILE",
      description = "Settings of the Kafka client, as a properties file.")
  Path clientConfig;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "15",
      description = "How long to wait for an answer. Default: ${DEFAULT-VALUE}.")
  int timeoutSeconds = 15;

  /**
   * Patience with the broker.
   *
   * @throws CommandLine.ParameterException when it is not within a second and a day
   */
  public int timeoutMs() {
    if (timeoutSeconds < 1 || timeoutSeconds > 86_400) {
      throw new CommandLine.ParameterException(
          mixee.commandLine(), "--timeout must be 1 to 86400 seconds: " + timeoutSeconds);
    }
    return Math.multiplyExact(timeoutSeconds, 1000);
  }

  /** The addresses as given. */
  public String bootstrapServer() {
    return bootstrapServer;
  }

  /**
   * Settings for any Kafka client: {@code defaults} of the command, then the timeout, then what the
   * user gave.
   *
   * @throws CommandFailure when the file is unreadable or no broker takes a connection
   */
  public Map<String, Object> settings(Map<String, ?> defaults) {
    Map<String, Object> settings = new HashMap<>(defaults);
    settings.putIfAbsent("client.id", "millrace-cli");
    settings.putIfAbsent("default.api.timeout.ms", timeoutMs());
    settings.putIfAbsent("request.timeout.ms", Math.max(1, timeoutMs() - 1));
    if (clientConfig != null) {
      Properties file = new Properties();
      try (Reader reader = Files.newBufferedReader(clientConfig, StandardCharsets.UTF_8)) {
        file.load(reader);
      } catch (NoSuchFileException e) {
        throw new CommandFailure(ExitCode.NOT_FOUND, "no such file: " + clientConfig, e);
      } catch (IOException e) {
        throw new CommandFailure(
            ExitCode.FAILED, "cannot read " + clientConfig + ": " + e.getMessage(), e);
      }
      file.forEach((key, value) -> settings.put(key.toString(), value));
    }
    settings.putAll(clientSettings);
    settings.putIfAbsent("bootstrap.servers", bootstrapServer);
    return settings;
  }

  /**
   * Kafka's reading of it; null = there is none, larger than any port = more digits than a number
   * has.
   */
  private static Integer port(String address) {
    try {
      return Utils.getPort(address);
    } catch (NumberFormatException e) {
      return Integer.MAX_VALUE;
    }
  }

  /**
   * Says within moments that nobody listens, where the Kafka clients would try until their timeout.
   */
  public void checkReachable() {
    String reason = "";
    for (String address : bootstrapServer.split(",", -1)) {
      String host = Utils.getHost(address.strip());
      Integer port = port(address.strip());
      if (host == null || port == null) {
        throw new CommandFailure(
            ExitCode.USAGE, "'" + address.strip() + "' is no address of the form host:port");
      }
      if (port < 1 || port > 65535) {
        throw new CommandFailure(
            ExitCode.USAGE,
            "'" + address.strip() + "' has no port that there can be; allowed: 1 to 65535");
      }
      try (Socket socket = new Socket()) {
        socket.connect(
            new InetSocketAddress(host, port), Math.min(CONNECT_TIMEOUT_MS, timeoutMs()));
        return;
      } catch (java.net.UnknownHostException e) {
        reason = "unknown host";
      } catch (IOException e) {
        reason = e.getMessage();
      }
    }
    throw new CommandFailure(
        ExitCode.UNREACHABLE,
        "cannot connect to " + bootstrapServer + " (" + reason + "); is a broker running there?");
  }
}
