package io.millrace.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrometheusMetricsTest {
  private final PrometheusMetrics metrics = new PrometheusMetrics();

  private List<String> lines() {
    return metrics.scrape().lines().toList();
  }

  @Test
  void shouldShowACounter() {
    metrics.counter("requests", "Requests", "key", "Produce").add(3);

    assertThat(lines())
        .contains(
            "# TYPE millrace_requests_total counter", "# HELP millrace_requests_total Requests")
        .contains("millrace_requests_total{key=\"Produce\"} 3.0");
  }

  @Test
  void shouldGiveTheSameInstrumentTwice() {
    metrics.counter("millrace_requests_total", "Requests").add(1);
    metrics.counter("requests", "Requests").add(1);

    assertThat(lines()).contains("millrace_requests_total 2.0");
  }

  @Test
  void shouldShowATimerAsHistogramInSeconds() {
    Metrics.Timer timer = metrics.timer("wait", "Waits", "key", "Fetch");
    timer.recordNanos(TimeUnit.MICROSECONDS.toNanos(10));
    timer.recordNanos(TimeUnit.MICROSECONDS.toNanos(11));
    timer.recordNanos(TimeUnit.SECONDS.toNanos(20));

    assertThat(lines())
        .contains(
            "# TYPE millrace_wait_seconds histogram",
            "millrace_wait_seconds_bucket{key=\"Fetch\",le=\"1.0E-5\"} 1",
            "millrace_wait_seconds_bucket{key=\"Fetch\",le=\"2.5E-5\"} 2",
            "millrace_wait_seconds_bucket{key=\"Fetch\",le=\"10.0\"} 2",
            "millrace_wait_seconds_bucket{key=\"Fetch\",le=\"+Inf\"} 3",
            "millrace_wait_seconds_count{key=\"Fetch\"} 3",
            "millrace_wait_seconds_sum{key=\"Fetch\"} 20.000021");
  }

  @Test
  void shouldTakeATimeThatRanBackwardsAsNothing() {
    metrics.timer("wait_seconds", "Waits").recordNanos(-5);

    assertThat(lines()).contains("millrace_wait_seconds_bucket{le=\"1.0E-5\"} 1");
  }

  @Test
  void shouldReadGaugesAtTheScrapeAndForgetRemovedOnes() {
    double[] value = {1};
    metrics.gauge("parked_fetches", "Parked", () -> value[0], "loop", "0");
    value[0] = 7;
    assertThat(lines()).contains("millrace_parked_fetches{loop=\"0\"} 7.0");

    metrics.removeGauge("parked_fetches", "loop", "0");

    assertThat(metrics.scrape()).doesNotContain("millrace_parked_fetches");
  }

  @Test
  void shouldShowTheOthersWhenAGaugeFails() {
    metrics.gauge(
        "broken",
        "Broken",
        () -> {
          throw new IllegalStateException("no value");
        });
    metrics.gauge("whole", "Whole", () -> 1);

    assertThat(lines()).contains("millrace_broken NaN", "millrace_whole 1.0");
  }

  @Test
  void shouldRefuseOneNameForTwoKinds() {
    metrics.counter("things", "Things");
    metrics.gauge("others", "Others", () -> 0);

    assertThatThrownBy(() -> metrics.gauge("things", "Things", () -> 0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> metrics.counter("others", "Others"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void shouldRefuseBadNamesAndLabels() {
    assertThatThrownBy(() -> metrics.counter("Bad-Name", ""))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> metrics.counter("name", "", "key"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void shouldNotGrowWithoutBound() {
    for (int i = 0; i < Family.MAX_SERIES + 10; i++) {
      metrics.counter("clients", "Clients", "client", Integer.toString(i)).increment();
    }

    assertThat(lines()).contains("millrace_metrics_series_dropped 10.0");
    assertThat(lines().stream().filter(l -> l.startsWith("millrace_clients_total{")))
        .hasSize(Family.MAX_SERIES);
  }

  @Test
  void shouldShowTheJvmAndTheProcess(@TempDir Path directory) {
    metrics.logDirs(List.of(directory));

    assertThat(metrics.scrape())
        .contains(
            "jvm_memory_used_bytes{area=\"heap\"",
            "jvm_gc_collections_total{gc=",
            "jvm_gc_collection_seconds_total{gc=",
            "jvm_threads_live_threads",
            "process_files_open_files",
            "process_cpu_usage",
            "millrace_log_dir_free_bytes{log_dir=\"" + directory + "\"}");
  }

  @Test
  void shouldShowPartitions() {
    metrics.partitions(
        visitor -> {
          visitor.partition("a", 0, 100, 1, 5, 3, 6, true);
          visitor.partition("b.c", 3, 50, 2, 7, 7, 8, false);
        });

    assertThat(lines())
        .contains(
            "millrace_partitions 2",
            "millrace_partition_leaders 1",
            "millrace_log_bytes 150",
            "# TYPE millrace_partition_log_bytes gauge",
            "millrace_partition_log_bytes{topic=\"a\",partition=\"0\"} 100",
            "millrace_partition_log_start_offset{topic=\"b.c\",partition=\"3\"} 2",
            "millrace_partition_high_watermark{topic=\"a\",partition=\"0\"} 5",
            "millrace_partition_log_end_offset{topic=\"b.c\",partition=\"3\"} 8",
            "millrace_partition_leader{topic=\"b.c\",partition=\"3\"} 0",
            "millrace_partition_last_stable_offset_lag{topic=\"a\",partition=\"0\"} 2")
        .noneMatch(
            line -> line.startsWith("millrace_partition_last_stable_offset_lag{topic=\"b.c\""));
  }

  @Test
  void shouldShowOnlySumsOfTooManyPartitions() {
    metrics.partitions(
        visitor -> {
          for (int i = 0; i <= PartitionText.MAX_PARTITIONS; i++) {
            visitor.partition("t", i, 1, 0, 0, 0, 0, true);
          }
        });

    assertThat(metrics.scrape())
        .contains("millrace_partitions " + (PartitionText.MAX_PARTITIONS + 1))
        .doesNotContain("{topic=");
  }

  @Test
  void shouldScrapeFiveThousandPartitionsWhole() {
    metrics.partitions(
        visitor -> {
          for (int i = 0; i < 5_000; i++) {
            visitor.partition(
                "orders." + i % 100, i / 100, i * 1000L, i, i * 10L, i * 10L, i * 11L, true);
          }
        });
    long best = Long.MAX_VALUE;
    String text = "";
    for (int i = 0; i < 20; i++) {
      long start = System.nanoTime();
      text = metrics.scrape();
      best = Math.min(best, System.nanoTime() - start);
    }
    System.out.printf("scrape of 5000 partitions: %.1f ms, %d bytes%n", best / 1e6, text.length());

    assertThat(text.lines().filter(l -> l.startsWith("millrace_partition_high_watermark{")))
        .hasSize(5_000);
  }
}
