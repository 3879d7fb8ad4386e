package io.millrace.it;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;

/**
 * What a Connect worker answers over HTTP.
 *
 * <p>Owner: the test's thread.
 */
final class ConnectRest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient http =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
  private final String address;

  ConnectRest(String address) {
    this.address = address;
  }

  /**
   * An answer.
   *
   * @param status of HTTP; 0 = nobody answers
   * @param body empty when there was none
   */
  record Answer(int status, String body) {
    boolean isOk() {
      return status / 100 == 2;
    }

    JsonNode json() {
      try {
        return JSON.readTree(body);
      } catch (IOException e) {
        throw new UncheckedIOException("not JSON: " + body, e);
      }
    }
  }

  Answer get(String path) {
    return call("GET", path, BodyPublishers.noBody());
  }

  Answer delete(String path) {
    return call("DELETE", path, BodyPublishers.noBody());
  }

  Answer put(String path) {
    return call("PUT", path, BodyPublishers.noBody());
  }

  /** Sets a connector's configuration; a worker that is not ready for it says so by its status. */
  Answer configure(String connector, Map<String, String> config) {
    try {
      return call(
          "PUT",
          "connectors/" + connector + "/config",
          BodyPublishers.ofString(JSON.writeValueAsString(config)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether the connector and all its tasks are in the state, and there is at least one task. */
  boolean isRunning(String connector) {
    Answer answer = get("connectors/" + connector + "/status");
    if (!answer.isOk()) {
      return false;
    }
    JsonNode status = answer.json();
    boolean running = status.at("/connector/state").asText().equals("RUNNING");
    for (JsonNode task : status.get("tasks")) {
      running &= task.get("state").asText().equals("RUNNING");
    }
    return running && !status.get("tasks").isEmpty();
  }

  private Answer call(String method, String path, BodyPublisher body) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(address + "/" + path))
            .timeout(Duration.ofSeconds(20))
            .header("Content-Type", "application/json")
            .method(method, body)
            .build();
    try {
      var response = http.send(request, BodyHandlers.ofString());
      return new Answer(response.statusCode(), response.body());
    } catch (IOException e) {
      return new Answer(0, e.toString());
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
