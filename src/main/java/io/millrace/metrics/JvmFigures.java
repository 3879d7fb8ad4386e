package io.millrace.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;

/**
 * Memory, threads, garbage collection, processor and open files, all read at the scrape. Garbage
 * collection comes from the beans' totals and not from Micrometer's binder, which listens to every
 * collection.
 *
 * <p>Owner: any thread.
 */
final class JvmFigures {
  private JvmFigures() {}

  static void bindTo(MeterRegistry registry) {
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new FileDescriptorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
    for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
      FunctionCounter.builder(
              "jvm.gc.collections", collector, GarbageCollectorMXBean::getCollectionCount)
          .description("Garbage collections")
          .tag("gc", collector.getName())
          .register(registry);
      FunctionCounter.builder(
              "jvm.gc.collection.seconds", collector, bean -> bean.getCollectionTime() / 1e3)
          .description("Time spent in garbage collection")
          .tag("gc", collector.getName())
          .register(registry);
    }
  }
}
