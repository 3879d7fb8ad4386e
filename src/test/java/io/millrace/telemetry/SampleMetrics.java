package io.millrace.telemetry;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.shaded.io.opentelemetry.proto.common.v1.AnyValue;
import org.apache.kafka.shaded.io.opentelemetry.proto.common.v1.KeyValue;
import org.apache.kafka.shaded.io.opentelemetry.proto.metrics.v1.AggregationTemporality;
import org.apache.kafka.shaded.io.opentelemetry.proto.metrics.v1.Gauge;
import org.apache.kafka.shaded.io.opentelemetry.proto.metrics.v1.Histogram;
import org.apache.kafka.shaded.io.opentelemetry.proto.metrics.v1.HistogramDataPoint;
import org.apache.kafka.shaded.io.opentelemetry.proto.metrics.v1.Metric;
import org.apache.kafka.shaded.io.opentelemetry.proto.metrics.v1.MetricsData;
import org.apache.kafka.shaded.io.opentelemetry.proto.metrics.v1.NumberDataPoint;
import org.apache.kafka.shaded.io.opentelemetry.proto.metrics.v1.ResourceMetrics;
import org.apache.kafka.shaded.io.opentelemetry.proto.metrics.v1.ScopeMetrics;
import org.apache.kafka.shaded.io.opentelemetry.proto.metrics.v1.Sum;
import org.apache.kafka.shaded.io.opentelemetry.proto.resource.v1.Resource;

/** Metrics as a client writes them, by OpenTelemetry's own classes. */
public final class SampleMetrics {
  private final List<Metric> metrics = new ArrayList<>();
  private final Resource.Builder resource = Resource.newBuilder();

  static KeyValue text(String key, String value) {
    return KeyValue.newBuilder()
        .setKey(key)
        .setValue(AnyValue.newBuilder().setStringValue(value))
        .build();
  }

  private static List<KeyValue> texts(Map<String, String> attributes) {
    return attributes.entrySet().stream().map(e -> text(e.getKey(), e.getValue())).toList();
  }

  /** Says something of the client itself. */
  public SampleMetrics of(String key, String value) {
    resource.addAttributes(text(key, value));
    return this;
  }

  SampleMetrics with(Metric metric) {
    metrics.add(metric);
    return this;
  }

  public SampleMetrics gauge(String name, double value, Map<String, String> attributes) {
    return with(
        Metric.newBuilder()
            .setName(name)
            .setGauge(
                Gauge.newBuilder()
                    .addDataPoints(
                        NumberDataPoint.newBuilder()
                            .setAsDouble(value)
                            .setTimeUnixNano(1)
                            .addAllAttributes(texts(attributes))))
            .build());
  }

  public SampleMetrics sum(
      String name, long value, boolean delta, boolean monotonic, Map<String, String> attributes) {
    return with(
        Metric.newBuilder()
            .setName(name)
            .setSum(
                Sum.newBuilder()
                    .setAggregationTemporality(temporality(delta))
                    .setIsMonotonic(monotonic)
                    .addDataPoints(
                        NumberDataPoint.newBuilder()
                            .setAsInt(value)
                            .addAllAttributes(texts(attributes))))
            .build());
  }

  SampleMetrics histogram(String name, boolean delta, List<Double> bounds, List<Long> buckets) {
    return with(
        Metric.newBuilder()
            .setName(name)
            .setHistogram(
                Histogram.newBuilder()
                    .setAggregationTemporality(temporality(delta))
                    .addDataPoints(
                        HistogramDataPoint.newBuilder()
                            .setSum(12.5)
                            .setCount(buckets.stream().mapToLong(Long::longValue).sum())
                            .addAllExplicitBounds(bounds)
                            .addAllBucketCounts(buckets)))
            .build());
  }

  private static AggregationTemporality temporality(boolean delta) {
    return delta
        ? AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA
        : AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE;
  }

  public byte[] bytes() {
    return MetricsData.newBuilder()
        .addResourceMetrics(
            ResourceMetrics.newBuilder()
                .setResource(resource)
                .addScopeMetrics(ScopeMetrics.newBuilder().addAllMetrics(metrics)))
        .build()
        .toByteArray();
  }
}
