package io.millrace.metrics;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.millrace.metrics.Family.Kind;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Figures in Prometheus' text format. The instruments are adders, so that recording costs a request
 * nothing that could be measured; Micrometer contributes the figures of the JVM and the process.
 * Names get the prefix {@code millrace_}, counters the suffix {@code _total}, timers are histograms
 * in seconds with the suffix {@code _seconds}. Asking twice for the same name and labels gives the
 * same instrument.
 *
 * <p>Owner: any thread.
 */
public final class PrometheusMetrics implements Metrics {
  /** Content type of {@link #scrape}. */
  public static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private static final Logger LOG = LoggerFactory.getLogger(PrometheusMetrics.class);
  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_]*");
  private static final String PREFIX = "millrace_";

  private final Map<String, Family> families = new ConcurrentSkipListMap<>();
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final LongAdder dropped = new LongAdder();
  private volatile PartitionFigures partitions = visitor -> {};
  private volatile Supplier<GroupFigures> groups = () -> GroupFigures.NONE;
  private final List<Consumer<StringBuilder>> texts = new CopyOnWriteArrayList<>();
  private volatile boolean jvmBound;
  private volatile int lastLength = 16 << 10;

  public PrometheusMetrics() {
    registry.getPrometheusRegistry().register((MultiCollector) this::snapshots);
    gauge(
        "metrics_series_dropped", "Series not shown because their name has too many", dropped::sum);
  }

  @Override
  public Counter counter(String name, String help, String... labels) {
    Family family = family(base(name, "_total"), help, Kind.COUNTER);
    List<String> checked = Family.checked(labels);
    return hasRoom(family, name, checked) ? family.counter(checked)::add : amount -> {};
  }

  @Override
  public Timer timer(String name, String help, String... labels) {
    Family family = family(base(name, "_seconds") + "_seconds", help, Kind.TIMER);
    List<String> checked = Family.checked(labels);
    return hasRoom(family, name, checked) ? family.histogram(checked) : nanos -> {};
  }

  @Override
  public void gauge(String name, String help, DoubleSupplier value, String... labels) {
    Family family = family(base(name, ""), help, Kind.GAUGE);
    List<String> checked = Family.checked(labels);
    if (hasRoom(family, name, checked)) {
      family.gauge(checked, value);
    }
  }

  @Override
  public void removeGauge(String name, String... labels) {
    Family family = families.get(base(name, ""));
    if (family != null && family.kind() == Kind.GAUGE) {
      family.remove(Family.checked(labels));
    }
  }

  /** Where to find the partitions at a scrape. */
  public void partitions(PartitionFigures figures) {
    partitions = figures;
  }

  /** Where to find the figures of groups at a scrape; it must not compute them there. */
  public void groups(Supplier<GroupFigures> figures) {
    groups = figures;
  }

  /** Who writes more figures at a scrape, in the same format. */
  public void text(Consumer<StringBuilder> writer) {
    texts.add(writer);
  }

  /** Shows the space of the file systems that the log directories are on. */
  public void logDirs(List<Path> logDirs) {
    for (Path logDir : logDirs) {
      String label = logDir.toString();
      gauge(
          "log_dir_free_bytes",
          "Free space of the file system of a log directory",
          () -> logDir.toFile().getUsableSpace(),
          "log_dir",
          label);
      gauge(
          "log_dir_total_bytes",
          "Size of the file system of a log directory",
          () -> logDir.toFile().getTotalSpace(),
          "log_dir",
          label);
    }
  }

  /**
   * All figures of this moment. Reads the management beans of the JVM and asks the file systems for
   * their space: not for an event loop.
   */
  public String scrape() {
    if (!jvmBound) {
      bindJvm();
    }
    StringBuilder out = new StringBuilder(lastLength + (lastLength >> 3));
    out.append(registry.scrape(CONTENT_TYPE));
    PartitionText text = new PartitionText();
    partitions.visit(text);
    text.writeTo(out);
    GroupText.write(groups.get(), out);
    texts.forEach(writer -> writer.accept(out));
    lastLength = out.length();
    return out.toString();
  }

  /** At the first scrape and not at start: loading the management beans takes a while. */
  private synchronized void bindJvm() {
    if (!jvmBound) {
      JvmFigures.bindTo(registry);
      jvmBound = true;
    }
  }

  private MetricSnapshots snapshots() {
    List<MetricSnapshot> snapshots = new ArrayList<>();
    for (Family family : families.values()) {
      if (!family.isEmpty()) {
        snapshots.add(family.snapshot());
      }
    }
    return new MetricSnapshots(snapshots);
  }

  private Family family(String name, String help, Kind kind) {
    Family family = families.computeIfAbsent(name, key -> new Family(key, help, kind));
    if (family.kind() != kind) {
      throw new IllegalArgumentException(
          name + " is a " + family.kind() + " and cannot be a " + kind + " too");
    }
    return family;
  }

  private boolean hasRoom(Family family, String name, List<String> labels) {
    if (family.hasRoomFor(labels)) {
      return true;
    }
    if (dropped.sum() == 0) {
      LOG.warn("{} has {} series; further ones are not shown", name, Family.MAX_SERIES);
    }
    dropped.increment();
    return false;
  }

  private static String base(String name, String suffix) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(name + " is not in lower_snake_case");
    }
    String prefixed = name.startsWith(PREFIX) ? name : PREFIX + name;
    return prefixed.endsWith(suffix)
        ? prefixed.substring(0, prefixed.length() - suffix.length())
        : prefixed;
  }
}
