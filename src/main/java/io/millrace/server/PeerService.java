package io.millrace.server;

import ch.qos.logback.classic.LoggerContext;
import io.millrace.api.ApiVersionsHandler;
import io.millrace.api.RequestHandler;
import io.millrace.api.RequestRouter;
import io.millrace.api.configs.CommittedSettings;
import io.millrace.api.configs.LogbackLoggers;
import io.millrace.api.peer.PeerHandlers;
import io.millrace.config.Settings;
import io.millrace.metrics.Metrics;
import io.millrace.network.NetworkMetrics;
import io.millrace.network.RequestMemory;
import io.millrace.network.RequestService;
import io.millrace.protocol.Warmup;
import io.millrace.quota.ClientQuotas;
import io.millrace.quota.QuotaWindows;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.LoggerFactory;

/**
 * What the internal listener answers: everything that another node may ask of this one.
 *
 * <p>Owner: immutable.
 */
final class PeerService {
  /** Memory for requests of other nodes; clients cannot use it up. */
  private static final long MEMORY_BYTES = 32L << 20;

  private final RequestRouter router;
  private final ApiVersionsHandler apiVersions = new ApiVersionsHandler(this::router);

  /**
   * Loads the classes of all messages: not for an event loop.
   *
   * @param ofNodes what partitions and coordinators of other nodes ask
   */
  PeerService(Settings settings, int nodeId, MetadataLayer metadata, List<RequestHandler> ofNodes) {
    List<RequestHandler> handlers = new ArrayList<>();
    handlers.add(apiVersions);
    handlers.addAll(
        PeerHandlers.of(
            metadata.local(),
            metadata.localQuorum(),
            metadata.images(),
            new CommittedSettings(settings, nodeId),
            new LogbackLoggers((LoggerContext) LoggerFactory.getILoggerFactory())));
    handlers.addAll(ofNodes);
    router = new RequestRouter(handlers);
    Warmup.load(router.keys());
  }

  private RequestRouter router() {
    return router;
  }

  /** As the listener takes it. */
  RequestService service(MetadataLayer metadata, Metrics metrics) {
    return new RequestService(
        router,
        apiVersions,
        metadata.images(),
        new RequestMemory(MEMORY_BYTES),
        NetworkMetrics.ofNodes(metrics, router.keys()),
        new ClientQuotas(QuotaWindows.DEFAULT, QuotaWindows.DEFAULT));
  }
}
