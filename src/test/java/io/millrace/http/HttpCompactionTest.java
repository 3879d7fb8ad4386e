package io.millrace.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.clean.CleanerConfig;
import io.millrace.log.clean.LogCompaction;
import io.millrace.model.TopicPartition;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the API shows of compaction. */
class HttpCompactionTest extends HttpFixture {
  private static CompactionView view(double bytesPerSecond, LogCompaction... logs) {
    return new CompactionView() {
      @Override
      public CleanerConfig config() {
        return new CleanerConfig(2, 1 << 22, 1 << 20, 0.9, 10, bytesPerSecond);
      }

      @Override
      public int running() {
        return 1;
      }

      @Override
      public List<Directory> directories() {
        return List.of(new Directory("/data", List.of(logs)));
      }
    };
  }

  private static LogCompaction log(
      String topic, long dirty, LogCompaction.Running running, LogCompaction.SetAside setAside) {
    return new LogCompaction(
        new TopicPartition(topic, 1), 0.25, 300, dirty, 40, 0, 1_000, running, setAside);
  }

  @Test
  void shouldSayThatTheCleanerIsOff() throws Exception {
    assertThat(json("/api/v1/compaction"))
        .isEqualTo(new JsonObject().put("enabled", false).put("directories", new JsonArray()));
  }

  @Test
  void shouldShowALogThatIsBeingCompacted() throws Exception {
    node.compaction =
        view(
            1e6,
            log(
                "tables",
                100,
                new LogCompaction.Running(2_000, LogCompaction.Phase.COPYING, 500, 120),
                null));
    JsonObject body = json("/api/v1/compaction");
    assertThat(body.getInteger("threads")).isEqualTo(2);
    assertThat(body.getInteger("running")).isEqualTo(1);
    assertThat(body.getDouble("maxBytesPerSecond")).isEqualTo(1e6);
    JsonObject directory = body.getJsonArray("directories").getJsonObject(0);
    assertThat(directory.getString("path")).isEqualTo("/data");
    assertThat(directory.getLong("dirtyBytes")).isEqualTo(100);
    assertThat(directory.getJsonArray("logs"))
        .containsExactly(
            new JsonObject()
                .put("topic", "tables")
                .put("partition", 1)
                .put("dirtyRatio", 0.25)
                .put("cleanBytes", 300)
                .put("dirtyBytes", 100)
                .put("firstDirtyOffset", 40)
                .put("overdueMs", 0)
                .put("lastCleanedAt", "1970-01-01T00:00:01Z")
                .put(
                    "running",
                    new JsonObject()
                        .put("since", "1970-01-01T00:00:02Z")
                        .put("phase", "copying")
                        .put("totalBytes", 500)
                        .put("doneBytes", 120))
                .putNull("setAside"));
  }

  @Test
  void shouldShowWhatIsSetAsideFirst() throws Exception {
    node.compaction =
        view(
            Double.MAX_VALUE,
            log("small", 10, null, null),
            log("large", 500, null, null),
            log("bad", 1, null, new LogCompaction.SetAside(3_000, "a wrong CRC")));
    JsonObject body = json("/api/v1/compaction?limit=2");
    assertThat(body.getDouble("maxBytesPerSecond")).isNull();
    JsonObject directory = body.getJsonArray("directories").getJsonObject(0);
    assertThat(directory.getInteger("logCount")).isEqualTo(3);
    assertThat(directory.getInteger("setAsideCount")).isEqualTo(1);
    assertThat(directory.getJsonArray("logs"))
        .extracting(log -> ((JsonObject) log).getString("topic"))
        .containsExactly("bad", "large");
    assertThat(directory.getJsonArray("logs").getJsonObject(0).getJsonObject("setAside"))
        .isEqualTo(
            new JsonObject().put("since", "1970-01-01T00:00:03Z").put("reason", "a wrong CRC"));
  }
}
