package io.millrace.it;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;

/**
 * What came of a fault.
 *
 * @param skipped why it could not be made; null = it was
 * @param problems what did not hold; empty = everything did
 * @param unavailable the longest time without an acknowledgement, of the worst partition
 * @param fullIsr from the end of the fault until all replicas were in sync again; null = never
 * @param took the fault and its checks
 * @param evidence figures, for a person
 * @param history what happened, line by line
 *     <p>Owner: immutable.
 */
record ChaosResult(
    ChaosFault fault,
    String skipped,
    List<String> problems,
    Duration unavailable,
    Duration fullIsr,
    Duration took,
    String evidence,
    List<String> history) {
  ChaosResult {
    problems = List.copyOf(problems);
    history = List.copyOf(history);
  }

  static ChaosResult skipped(ChaosFault fault, String why) {
    return new ChaosResult(
        fault, why, List.of(), Duration.ZERO, Duration.ZERO, Duration.ZERO, "", List.of());
  }

  String verdict() {
    return skipped != null ? "skipped" : problems.isEmpty() ? "pass" : "FAIL";
  }

  boolean failed() {
    return !problems.isEmpty();
  }

  /** Whether it stayed within its target. */
  boolean inTime() {
    return fault.targetMs() < 0 || unavailable.toMillis() <= fault.targetMs();
  }

  JsonObject json() {
    return new JsonObject()
        .put("fault", fault.name())
        .put("what", fault.what())
        .put("verdict", verdict())
        .put("skipped", skipped)
        .put("problems", new JsonArray(problems))
        .put("unavailableMs", unavailable.toMillis())
        .put("targetMs", fault.targetMs())
        .put("fullIsrMs", fullIsr == null ? null : (Long) fullIsr.toMillis())
        .put("tookMs", took.toMillis())
        .put("evidence", evidence);
  }
}
