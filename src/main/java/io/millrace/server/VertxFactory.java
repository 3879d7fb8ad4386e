package io.millrace.server;

import io.millrace.config.NodeKeys;
import io.millrace.config.Settings;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.dns.AddressResolverOptions;
import io.vertx.core.file.FileSystemOptions;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the Vert.x instance of a node: native transport where there is one, as many event loops as
 * {@code num.network.threads} says, a warning when a loop is busy for more than a second.
 *
 * <p>Owner: immutable.
 */
final class VertxFactory {
  private static final Logger LOG = LoggerFactory.getLogger(VertxFactory.class);

  private VertxFactory() {}

  static Vertx create(Settings settings) {
    Vertx vertx =
        Vertx.vertx(
            new VertxOptions()
                .setEventLoopPoolSize(settings.get(NodeKeys.NUM_NETWORK_THREADS))
                .setWorkerPoolSize(2)
                .setInternalBlockingPoolSize(2)
                .setPreferNativeTransport(true)
                .setBlockedThreadCheckInterval(1_000)
                .setBlockedThreadCheckIntervalUnit(TimeUnit.MILLISECONDS)
                .setMaxEventLoopExecuteTime(1)
                .setMaxEventLoopExecuteTimeUnit(TimeUnit.SECONDS)
                .setAddressResolverOptions(new AddressResolverOptions())
                .setFileSystemOptions(
                    new FileSystemOptions()
                        .setClassPathResolvingEnabled(false)
                        .setFileCachingEnabled(false)));
    if (vertx.isNativeTransportEnabled()) {
      LOG.info("Transport: native (epoll)");
    } else {
      Throwable why = vertx.unavailableNativeTransportCause();
      LOG.info("Transport: NIO{}", why == null ? "" : " (" + why.getMessage() + ")");
    }
    return vertx;
  }
}
