package io.millrace.api.producers;

import io.millrace.api.AsyncReply;
import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * InitProducerId for idempotent producers: a new producer id with epoch 0. A producer that comes
 * again to bump its epoch (KIP-360) gets a new id as well, as in Kafka: without a transactional id
 * nothing is known of the old one.
 *
 * <p>Owner: any thread.
 */
public final class InitProducerIdHandler implements RequestHandler {
  /**
   * The answer to transactional producers while there are no transactions, here and when they look
   * for their coordinator: they must not be kept hoping. This error is fatal to every family of
   * clients, in every version; UNSUPPORTED_VERSION is retried by librdkafka, and the coordinator
   * errors by all.
   */
  public static final Errors NO_TRANSACTIONS = Errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED;

  /** Later requests of the connection wait behind the answer, and the producer comes again. */
  private static final int ALLOCATION_WAIT_MS = 5_000;

  private static final long NO_ID = -1;
  private static final short NO_EPOCH = -1;

  private final ProducerIdAllocator ids;

  public InitProducerIdHandler(ProducerIdAllocator ids) {
    this.ids = ids;
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
    } else if (request.transactionalId() != null) {
      context.reply(refused(NO_TRANSACTIONS));
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
