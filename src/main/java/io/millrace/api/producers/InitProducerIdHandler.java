package io.millrace.api.producers;

import io.millrace.api.AsyncReply;
import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.coordinator.Coordinator;
import io.millrace.coordinator.shard.Decision;
import io.millrace.coordinator.transaction.TransactionShard;
import io.millrace.metadata.TransactionVersion;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * InitProducerId. For idempotent producers: a new producer id with epoch 0. A producer that comes
 * again to bump its epoch (KIP-360) gets a new id as well, as in Kafka: without a transactional id
 * nothing is known of the old one. With a transactional id the coordinator answers.
 *
 * <p>Owner: any thread.
 */
public final class InitProducerIdHandler implements RequestHandler {
  /** Later requests of the connection wait behind the answer, and the producer comes again. */
  private static final int ALLOCATION_WAIT_MS = 5_000;

  /** Producers ask again at once, as often as they are answered. */
  private static final int UPGRADE_WAIT_MS = 250;

  private static final long NO_ID = -1;
  private static final short NO_EPOCH = -1;

  private final ProducerIdAllocator ids;
  private final FreshProducerIds coordinator;
  private final boolean unstableVersions;

  /**
   * A handler.
   *
   * @param unstableVersions {@code unstable.api.versions.enable}: version 6 is offered (KIP-939)
   */
  public InitProducerIdHandler(
      ProducerIdAllocator ids,
      Coordinator<TransactionShard> coordinator,
      boolean unstableVersions) {
    this.ids = ids;
    this.coordinator = new FreshProducerIds(coordinator, ids);
    this.unstableVersions = unstableVersions;
  }

  @Override
  public short maxVersion() {
    return key().latestVersion(unstableVersions);
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.INIT_PRODUCER_ID;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    InitProducerIdRequestData request = (InitProducerIdRequestData) message;
    // From version 3 on: either both are given, to bump the epoch, or none.
    boolean half = (request.producerId() == NO_ID) != (request.producerEpoch() == NO_EPOCH);
    boolean emptyId = request.transactionalId() != null && request.transactionalId().isEmpty();
    if (half || emptyId) {
      context.reply(refused(Errors.INVALID_REQUEST));
    } else if (request.transactionalId() != null
        && !TransactionVersion.isKnownToAll(context.newestImage())) {
      // The producer asks again until the last node is upgraded.
      context
          .loop()
          .schedule(
              UPGRADE_WAIT_MS, () -> context.reply(refused(Errors.COORDINATOR_NOT_AVAILABLE)));
    } else if (request.transactionalId() != null) {
      AsyncReply.send(
          context,
          coordinator.<InitProducerIdResponseData>ask(
              request.transactionalId(),
              (shard, freshId, reply) -> {
                Decision decision =
                    shard.initProducerId(request, context.version(), freshId, reply);
                shard.noteClient(request.transactionalId(), decision, RequestingClient.of(context));
                return decision;
              }),
          InitProducerIdHandler::refused);
    } else {
      AsyncReply.send(
          context,
          AsyncReply.within(ALLOCATION_WAIT_MS, ids.next())
              .map(
                  id ->
                      new InitProducerIdResponseData()
                          .setProducerId(id)
                          .setProducerEpoch((short) 0)),
          // What every producer retries without looking for another coordinator.
          error -> refused(Errors.COORDINATOR_LOAD_IN_PROGRESS));
    }
  }

  private static InitProducerIdResponseData refused(Errors error) {
    return new InitProducerIdResponseData()
        .setErrorCode(error.code())
        .setProducerId(NO_ID)
        .setProducerEpoch(NO_EPOCH);
  }
}
