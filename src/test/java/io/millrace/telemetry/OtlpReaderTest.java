package io.millrace.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.telemetry.Push.Point;
import io.millrace.telemetry.Series.Kind;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.shaded.io.opentelemetry.proto.metrics.v1.Gauge;
import org.apache.kafka.shaded.io.opentelemetry.proto.metrics.v1.Metric;
import org.apache.kafka.shaded.io.opentelemetry.proto.metrics.v1.NumberDataPoint;
import org.apache.kafka.shaded.io.opentelemetry.proto.metrics.v1.Summary;
import org.apache.kafka.shaded.io.opentelemetry.proto.metrics.v1.SummaryDataPoint;
import org.junit.jupiter.api.Test;

class OtlpReaderTest {
  private static Push read(byte[] bytes) throws IOException {
    return OtlpReader.read(new ByteArrayInputStream(bytes));
  }

  private static Point only(SampleMetrics metrics) throws IOException {
    Push push = read(metrics.bytes());
    assertThat(push.dropped()).isZero();
    assertThat(push.points()).hasSize(1);
    return push.points().get(0);
  }

  @Test
  void shouldReadNothing() throws IOException {
    assertThat(read(new byte[0])).isEqualTo(new Push(Map.of(), List.of(), 0));
  }

  @Test
  void shouldReadGauges() throws IOException {
    Point point =
        only(new SampleMetrics().gauge("g", 0.25, Map.of("topic", "t", "partition", "3")));

    assertThat(point.id()).isEqualTo(new Series.Id("g", Map.of("topic", "t", "partition", "3")));
    assertThat(point.kind()).isEqualTo(Kind.GAUGE);
    assertThat(point.delta()).isFalse();
    assertThat(point.reading().value()).isEqualTo(0.25);
  }

  @Test
  void shouldReadSums() throws IOException {
    Point delta = only(new SampleMetrics().sum("s", 7, true, true, Map.of()));
    Point whole = only(new SampleMetrics().sum("s", -7, false, true, Map.of()));
    Point upAndDown = only(new SampleMetrics().sum("s", 7, true, false, Map.of()));

    assertThat(delta.kind()).isEqualTo(Kind.COUNTER);
    assertThat(delta.delta()).isTrue();
    assertThat(delta.reading().value()).isEqualTo(7);
    assertThat(whole.delta()).isFalse();
    assertThat(whole.reading().value()).isEqualTo(-7);
    assertThat(upAndDown.kind()).isEqualTo(Kind.GAUGE);
    assertThat(upAndDown.delta()).isTrue();
  }

  @Test
  void shouldReadHistograms() throws IOException {
    Point point =
        only(new SampleMetrics().histogram("h", true, List.of(1.0, 2.0), List.of(4L, 5L, 6L)));

    assertThat(point.kind()).isEqualTo(Kind.HISTOGRAM);
    assertThat(point.delta()).isTrue();
    assertThat(point.reading().value()).isEqualTo(12.5);
    assertThat(point.reading().count()).isEqualTo(15);
    assertThat(point.reading().bounds()).containsExactly(1, 2);
    assertThat(point.reading().buckets()).containsExactly(4, 5, 6);
  }

  @Test
  void shouldReadWhatTheClientIs() throws IOException {
    assertThat(read(new SampleMetrics().of("group_id", "g").of("client_rack", "r").bytes()))
        .extracting(Push::resource)
        .isEqualTo(Map.of("group_id", "g", "client_rack", "r"));
  }

  @Test
  void shouldReadANameBehindItsPoints() throws IOException {
    Metric points =
        Metric.newBuilder()
            .setGauge(Gauge.newBuilder().addDataPoints(NumberDataPoint.newBuilder().setAsInt(1)))
            .build();
    byte[] gauge = points.toByteArray();
    byte[] name = Metric.newBuilder().setName("late").build().toByteArray();
    byte[] metric = Arrays.copyOf(gauge, gauge.length + name.length);
    System.arraycopy(name, 0, metric, gauge.length, name.length);
    // MetricsData, ResourceMetrics and ScopeMetrics around it.
    byte[] bytes = metric;
    for (int field : new int[] {2, 2, 1}) {
      byte[] outer = new byte[bytes.length + 2];
      outer[0] = (byte) (field << 3 | 2);
      outer[1] = (byte) bytes.length;
      System.arraycopy(bytes, 0, outer, 2, bytes.length);
      bytes = outer;
    }

    assertThat(read(bytes).points())
        .extracting(point -> point.id().metric())
        .containsExactly("late");
  }

  @Test
  void shouldCountWhatItDoesNotKeep() throws IOException {
    Push push =
        read(
            new SampleMetrics()
                .gauge("", 1, Map.of())
                .gauge("long" + "g".repeat(OtlpReader.MAX_TEXT), 1, Map.of())
                .gauge("value", 1, Map.of("a", "v".repeat(OtlpReader.MAX_TEXT + 1)))
                .histogram("odd", true, List.of(1.0), List.of(1L, 2L, 3L))
                .histogram(
                    "fine", true, Collections.nCopies(200, 1.0), Collections.nCopies(201, 1L))
                .with(
                    Metric.newBuilder()
                        .setName("summary")
                        .setSummary(
                            Summary.newBuilder().addDataPoints(SummaryDataPoint.newBuilder()))
                        .build())
                .gauge("kept", 1, Map.of("a", "v".repeat(OtlpReader.MAX_TEXT)))
                .bytes());

    assertThat(push.points()).extracting(point -> point.id().metric()).containsExactly("kept");
    assertThat(push.dropped()).isEqualTo(6);
  }

  @Test
  void shouldKeepNoMorePointsThanAllowed() throws IOException {
    SampleMetrics metrics = new SampleMetrics();
    for (int i = 0; i < OtlpReader.MAX_POINTS + 100; i++) {
      metrics.gauge("g" + i, i, Map.of());
    }

    Push push = read(metrics.bytes());

    assertThat(push.points()).hasSize(OtlpReader.MAX_POINTS);
    assertThat(push.dropped()).isEqualTo(100);
  }

  @Test
  void shouldKeepNoPointWithTooManyAttributes() throws IOException {
    NumberDataPoint.Builder point = NumberDataPoint.newBuilder().setAsInt(1);
    for (int i = 0; i <= OtlpReader.MAX_ATTRIBUTES; i++) {
      point.addAttributes(SampleMetrics.text("k" + i, "v"));
    }
    Push push =
        read(
            new SampleMetrics()
                .with(
                    Metric.newBuilder()
                        .setName("g")
                        .setGauge(Gauge.newBuilder().addDataPoints(point))
                        .build())
                .bytes());

    assertThat(push.points()).isEmpty();
    assertThat(push.dropped()).isEqualTo(1);
  }

  @Test
  void shouldRefuseWhatIsCutOff() throws IOException {
    byte[] whole = new SampleMetrics().gauge("g", 1, Map.of("a", "b")).bytes();

    for (int length = 1; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> read(cut)).isInstanceOf(IOException.class);
    }
  }

  /** Whatever comes is read or refused, soon. */
  @Test
  void shouldFailOnlyAsExpected() {
    Random random = new Random(4711);
    byte[] good =
        new SampleMetrics()
            .of("group_id", "g")
            .gauge("g", 1, Map.of("topic", "t"))
            .sum("s", 1, true, true, Map.of())
            .histogram("h", true, List.of(1.0), List.of(1L, 2L))
            .bytes();
    for (int i = 0; i < 100_000; i++) {
      byte[] bad = good.clone();
      for (int changes = random.nextInt(4); changes >= 0; changes--) {
        bad[random.nextInt(bad.length)] = (byte) random.nextInt(256);
      }
      try {
        assertThat(read(bad)).isNotNull();
      } catch (IOException e) {
        assertThat(e).hasMessageNotContaining("null");
      }
    }
  }
}
