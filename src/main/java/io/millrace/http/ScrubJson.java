package io.millrace.http;

import io.millrace.log.BadBatches;
import io.millrace.log.ScrubSettings;
import io.millrace.log.ScrubStatus;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;

/**
 * Draws the scrub as JSON: how it stands on each log directory, and what it found.
 *
 * <p>Owner: immutable.
 */
final class ScrubJson {
  private ScrubJson() {}

  static JsonObject of(ScrubView scrub) {
    ScrubSettings settings = scrub.settings();
    JsonArray directories = new JsonArray();
    for (ScrubStatus each : scrub.directories()) {
      directories.add(
          new JsonObject()
              .put("logDir", each.logDir())
              .put("pastPageCache", each.direct())
              .put("readBytes", each.readBytes())
              .put("reading", each.reading())
              .put("logsDue", each.logsDue())
              .put("oldestRound", time(each.oldestRoundMs())));
    }
    JsonArray bad = new JsonArray();
    int unrepaired = 0;
    for (BadBatches.Found each : scrub.found()) {
      unrepaired += each.state() == BadBatches.State.BAD ? 1 : 0;
      bad.add(
          new JsonObject()
              .put("topic", each.id().topic())
              .put("partition", each.id().partition())
              .put("logDir", each.logDir())
              .put("segment", each.file())
              .put("position", each.position())
              .put("bytes", each.length())
              .put("firstOffset", each.fromOffset())
              .put("endOffset", each.toOffset())
              .put("problem", each.problem())
              .put("found", time(each.foundMs()))
              .put("state", each.state().toString())
              .put("detail", each.detail())
              .put("repaired", time(each.repairedMs())));
    }
    return new JsonObject()
        .put("enabled", settings.enabled())
        .put("bytesPerSecond", settings.bytesPerSecond())
        .put("intervalMs", settings.intervalMs())
        .put("unrepaired", unrepaired)
        .put("logDirs", directories)
        .put("badBatches", bad);
  }

  private static String time(long ms) {
    return ms <= 0 ? null : Instant.ofEpochMilli(ms).toString();
  }
}
