package io.millrace.network;

import io.millrace.api.ApiVersionsHandler;
import io.millrace.api.RequestRouter;
import io.millrace.metadata.ImagePublisher;

/**
 * Who answers the requests that come by a listener, and what that takes.
 *
 * @param memory bounds what is in memory of them; that of nodes is another than that of clients,
 *     who could fill it
 *     <p>Owner: immutable.
 */
public record RequestService(
    RequestRouter router,
    ApiVersionsHandler apiVersions,
    ImagePublisher images,
    RequestMemory memory,
    NetworkMetrics metrics) {}
