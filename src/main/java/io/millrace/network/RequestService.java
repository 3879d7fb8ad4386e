package io.millrace.network;

import io.millrace.api.ApiVersionsHandler;
import io.millrace.api.RequestRouter;
import io.millrace.metadata.ImagePublisher;
import io.millrace.quota.ClientQuotas;

/**
 * Who answers the requests that come by a listener, and what that takes.
 *
 * @param memory bounds what is in memory of them; that of nodes is another than that of clients,
 *     who could fill it
 * @param quotas of those who ask; other nodes have none
 *     <p>Owner: immutable.
 */
public record RequestService(
    RequestRouter router,
    ApiVersionsHandler apiVersions,
    ImagePublisher images,
    RequestMemory memory,
    NetworkMetrics metrics,
    ClientQuotas quotas) {}
