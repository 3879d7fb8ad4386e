package io.millrace.cli.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.cli.CommandFailure;
import io.millrace.cli.ExitCode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * How far the replicas of each node are behind, which the Kafka protocol does not tell: any node
 * tells it over HTTP.
 *
 * <p>Owner: immutable.
 */
final class ReplicaLags {
  /** Of the replica that is furthest behind; null = unknown. */
  record Lag(Long records, Double seconds) {
    static final Lag UNKNOWN = new Lag(null, null);
  }

  private static final String PATH = "/api/v1/cluster";

  private ReplicaLags() {}

  /**
   * By node id.
   *
   * @param address host and port
   * @throws CommandFailure if no node of this cluster answers there
   */
  static Map<Integer, Lag> ask(String address, String clusterId, Duration patience)
      throws InterruptedException {
    JsonNode cluster = get(address, patience);
    String found = cluster.path("clusterId").asText();
    if (!found.equals(clusterId)) {
      throw new CommandFailure(
          ExitCode.FAILED, address + " answers for another cluster: '" + found + "'");
    }
    Map<Integer, Lag> lags = new HashMap<>();
    for (JsonNode node : cluster.path("brokers")) {
      JsonNode records = node.path("maxReplicaLagRecords");
      JsonNode seconds = node.path("maxReplicaLagSeconds");
      lags.put(
          node.path("nodeId").asInt(),
          new Lag(
              records.isNumber() ? records.longValue() : null,
              seconds.isNumber() ? seconds.doubleValue() : null));
    }
    return lags;
  }

  private static JsonNode get(String address, Duration patience) throws InterruptedException {
    try {
      HttpResponse<String> answer =
          HttpClient.newBuilder()
              .connectTimeout(patience)
              .build()
              .send(
                  HttpRequest.newBuilder(URI.create("http://" + address + PATH))
                      .timeout(patience)
                      .build(),
                  BodyHandlers.ofString());
      if (answer.statusCode() != 200) {
        throw new CommandFailure(
            ExitCode.FAILED, address + " answers " + answer.statusCode() + " to " + PATH);
      }
      return new ObjectMapper().readTree(answer.body());
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(
          ExitCode.USAGE, "'" + address + "' is no address of the form host:port", e);
    } catch (IOException e) {
      throw new CommandFailure(
          ExitCode.UNREACHABLE, "no node answers over HTTP at " + address + ": " + e, e);
    }
  }
}
