package io.millrace.server;

import io.millrace.config.ConfigKey;
import io.millrace.config.NodeKeys;
import io.millrace.config.QuotaKeys;
import io.millrace.config.Settings;
import io.millrace.metadata.ImageDelta;
import io.millrace.metadata.ImagePublisher;
import io.millrace.metrics.PrometheusMetrics;
import io.millrace.model.Clock;
import io.millrace.network.ConnectionLimits;
import io.millrace.quota.ClientQuotas;
import io.millrace.quota.ConnectionRates;
import io.millrace.quota.QuotaText;
import io.millrace.quota.QuotaWindows;
import java.util.Set;

/**
 * What clients may use of this node: their quotas, and how many connections there may be and how
 * fast they may come. Follows the image and the node's settings.
 *
 * <p>Owner: any thread.
 */
final class ClientLimits {
  private static final int SWEEP_MS = 60_000;
  private static final Set<ConfigKey<?>> COUNTS =
      Set.of(
          NodeKeys.MAX_CONNECTIONS,
          NodeKeys.MAX_CONNECTIONS_PER_IP,
          NodeKeys.MAX_CONNECTIONS_PER_IP_OVERRIDES);

  private final ImagePublisher images;
  private final ClientQuotas quotas;
  private final ConnectionRates rates;
  private final ConnectionLimits connections;

  ClientLimits(NodeParts node, ImagePublisher images) {
    Settings settings = node.settings();
    QuotaWindows windows =
        new QuotaWindows(
            settings.get(QuotaKeys.QUOTA_WINDOW_NUM),
            settings.get(QuotaKeys.QUOTA_WINDOW_SIZE_SECONDS));
    quotas =
        new ClientQuotas(
            windows,
            new QuotaWindows(
                settings.get(QuotaKeys.CONTROLLER_QUOTA_WINDOW_NUM),
                settings.get(QuotaKeys.CONTROLLER_QUOTA_WINDOW_SIZE_SECONDS)));
    rates = new ConnectionRates(quotas::plan, windows, Clock.SYSTEM.nanos());
    node.live()
        .on(
            Set.of(QuotaKeys.MAX_CONNECTION_CREATION_RATE),
            now -> now.get(QuotaKeys.MAX_CONNECTION_CREATION_RATE),
            Runnable::run,
            rates::limit);
    ConnectionLimits.Counts counts = NodeLimits.connections(settings);
    connections = new ConnectionLimits(counts.max(), counts.maxPerIp(), counts.overrides());
    node.live().on(COUNTS, NodeLimits::connections, Runnable::run, connections::limit);
    this.images = images;
    images.subscribe(this::onDelta);
    takeQuotas();
    node.vertx().setPeriodic(SWEEP_MS, any -> forgetIdle());
  }

  private void onDelta(ImageDelta delta) {
    if (delta.changesQuotas()) {
      takeQuotas();
    }
  }

  /** The newest, whoever comes first. */
  private synchronized void takeQuotas() {
    quotas.update(images.image().quotas());
  }

  private void forgetIdle() {
    long now = Clock.SYSTEM.nanos();
    quotas.forgetIdle(now);
    rates.forgetIdle(now);
  }

  /** Shows what is used. */
  void register(PrometheusMetrics metrics) {
    metrics.text(
        out -> QuotaText.write(quotas.figures(QuotaText.MAX_ENTITIES, Clock.SYSTEM.nanos()), out));
    metrics.gauge("quota_clients", "Users and client ids whose use is counted", quotas::size);
    metrics.gauge(
        "connections_delayed", "Connections that came too fast and had to wait", rates::delayed);
    metrics.gauge(
        "connections_too_fast", "Connections that came too fast and were closed", rates::refused);
  }

  ClientQuotas quotas() {
    return quotas;
  }

  ConnectionRates rates() {
    return rates;
  }

  ConnectionLimits connections() {
    return connections;
  }
}
