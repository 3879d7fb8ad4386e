package io.millrace.api.transactions;

import io.millrace.client.Peers;
import io.millrace.coordinator.Coordinator;
import io.millrace.coordinator.shard.Reply;
import io.millrace.coordinator.transaction.TransactionShard;
import io.millrace.metadata.ClusterImage;
import io.millrace.model.Clock;
import io.millrace.model.Loop;
import io.millrace.partition.TransactionVerifier;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTopic;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTopicCollection;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTransaction;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData.AddPartitionsToTxnResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/**
 * Asks coordinators, here or on other nodes, whether partitions take part in transactions
 * (AddPartitionsToTxn between brokers, KIP-890). What goes to one node in one turn shares a
 * request; who must wait there is told so at once, and asked about again.
 *
 * <p>Owner: a loop of its own; {@link #verify} is for any thread.
 */
public final class TransactionVerification implements TransactionVerifier {
  /**
   * What it is made of.
   *
   * @param peers null = the node is alone
   */
  public record Parts(
      int nodeId,
      Loop home,
      Clock clock,
      Peers peers,
      Supplier<ClusterImage> image,
      Supplier<Coordinator<TransactionShard>> coordinator) {}

  private static final String LANE = "transactions";

  /** Of shards that have not answered in time, so that the others do not wait. */
  private static final String LATE_LANE = "transactions-late";

  private static final short VERSION = ApiKeys.ADD_PARTITIONS_TO_TXN.latestVersion();
  private static final int REQUEST_TIMEOUT_MS = 5_000;

  /** A transaction is most often completed within some milliseconds. */
  private static final int FIRST_PAUSE_MS = 2;

  /** {@code add.partitions.to.txn.retry.backoff.ms} of Kafka. */
  private static final int LONGEST_PAUSE_MS = 20;

  /** The producer asks again then, and finds out where things are now. */
  private static final int LONGEST_MS = 5_000;

  /**
   * One question on its way.
   *
   * @param pauseMs before it is asked again
   */
  private record Asked(Question question, long deadlineMs, Promise<Errors> answer, int pauseMs) {
    Asked again() {
      return new Asked(question, deadlineMs, answer, Math.min(2 * pauseMs, LONGEST_PAUSE_MS));
    }
  }

  private final Parts parts;
  private final NodeBatches<List<Asked>> outgoing;
  // Invariant: shards on other nodes whose last answer was REQUEST_TIMED_OUT.
  private final Set<Integer> late = new HashSet<>();

  public TransactionVerification(Parts parts) {
    this.parts = parts;
    this.outgoing = new NodeBatches<>(parts.home, ArrayList::new, this::send);
  }

  @Override
  public Future<Errors> verify(Question question, long deadlineMs) {
    Promise<Errors> answer = Promise.promise();
    long patience = Math.min(deadlineMs, parts.clock.wallMs() + LONGEST_MS);
    parts.home.run(() -> ask(new Asked(question, patience, answer, FIRST_PAUSE_MS)));
    return answer.future();
  }

  private void ask(Asked asked) {
    int node =
        CoordinatorNodes.ofTransactionalId(parts.image.get(), asked.question.transactionalId());
    if (node == CoordinatorNodes.NOBODY) {
      onAnswer(asked, Errors.COORDINATOR_NOT_AVAILABLE);
    } else if (node == parts.nodeId) {
      askHere(asked);
    } else {
      outgoing.to(node, late.contains(shardOf(asked)) ? LATE_LANE : LANE).add(asked);
    }
  }

  private int shardOf(Asked asked) {
    return CoordinatorNodes.shardOf(parts.image.get(), asked.question.transactionalId());
  }

  /** Nobody waits for the answer but who asks. */
  private void askHere(Asked asked) {
    AddPartitionsToTxnTransaction transaction = transaction(asked.question);
    addPartition(transaction, asked.question);
    parts
        .coordinator
        .get()
        .submit(
            transaction.transactionalId(),
            (shard, reply) -> shard.addPartitions(transaction, VERSION, true, reply),
            new Reply<AddPartitionsToTxnResult>() {
              @Override
              public void complete(AddPartitionsToTxnResult result) {
                parts.home.run(() -> onAnswer(asked, errorOf(result, asked.question)));
              }

              @Override
              public void fail(Errors error, String message) {
                parts.home.run(() -> onAnswer(asked, error));
              }
            });
  }

  /** A transactional id has one entry in a request; what does not fit into it is asked next. */
  private void send(NodeBatches.Route route, List<Asked> all) {
    AddPartitionsToTxnRequestData request = new AddPartitionsToTxnRequestData();
    List<Asked> sent = new ArrayList<>(all.size());
    for (Asked asked : all) {
      AddPartitionsToTxnTransaction entry =
          request.transactions().find(asked.question.transactionalId());
      if (entry == null) {
        entry = transaction(asked.question);
        request.transactions().add(entry);
      }
      if (fits(entry, asked.question)) {
        addPartition(entry, asked.question);
        sent.add(asked);
      } else {
        ask(asked);
      }
    }
    parts
        .peers
        .request(route.node(), route.lane(), request, VERSION, REQUEST_TIMEOUT_MS)
        .onComplete(
            done ->
                parts.home.run(
                    () ->
                        onAnswered(
                            sent,
                            done.succeeded()
                                ? (AddPartitionsToTxnResponseData) done.result()
                                : null)));
  }

  private static boolean fits(AddPartitionsToTxnTransaction entry, Question question) {
    return entry.producerId() == question.producerId()
        && entry.producerEpoch() == question.producerEpoch()
        && entry.verifyOnly() == !question.adds();
  }

  private static AddPartitionsToTxnTransaction transaction(Question question) {
    return new AddPartitionsToTxnTransaction()
        .setTransactionalId(question.transactionalId())
        .setProducerId(question.producerId())
        .setProducerEpoch(question.producerEpoch())
        .setVerifyOnly(!question.adds())
        .setTopics(new AddPartitionsToTxnTopicCollection());
  }

  private static void addPartition(AddPartitionsToTxnTransaction to, Question question) {
    String name = question.partition().topic();
    AddPartitionsToTxnTopic topic = to.topics().find(name);
    if (topic == null) {
      topic = new AddPartitionsToTxnTopic().setName(name).setPartitions(new ArrayList<>());
      to.topics().add(topic);
    }
    if (!topic.partitions().contains(question.partition().partition())) {
      topic.partitions().add(question.partition().partition());
    }
  }

  /** null = there is no answer. */
  private void onAnswered(List<Asked> sent, AddPartitionsToTxnResponseData response) {
    for (Asked asked : sent) {
      if (response == null) {
        onAnswer(asked, Errors.NETWORK_EXCEPTION);
      } else if (response.errorCode() != Errors.NONE.code()) {
        onAnswer(asked, Errors.forCode(response.errorCode()));
      } else {
        AddPartitionsToTxnResult result =
            response.resultsByTransaction().find(asked.question.transactionalId());
        Errors error = errorOf(result, asked.question);
        if (error == Errors.REQUEST_TIMED_OUT) {
          late.add(shardOf(asked));
        } else {
          late.remove(shardOf(asked));
        }
        onAnswer(asked, error);
      }
    }
  }

  private static Errors errorOf(AddPartitionsToTxnResult result, Question question) {
    var topic = result == null ? null : result.topicResults().find(question.partition().topic());
    var partition =
        topic == null ? null : topic.resultsByPartition().find(question.partition().partition());
    return partition == null
        ? Errors.NETWORK_EXCEPTION
        : Errors.forCode(partition.partitionErrorCode());
  }

  private void onAnswer(Asked asked, Errors error) {
    switch (error) {
      case CONCURRENT_TRANSACTIONS,
          COORDINATOR_LOAD_IN_PROGRESS,
          COORDINATOR_NOT_AVAILABLE,
          NOT_COORDINATOR,
          NETWORK_EXCEPTION,
          REQUEST_TIMED_OUT,
          // Another partition of the same request was refused; this one is asked about alone next.
          OPERATION_NOT_ATTEMPTED -> {
        if (parts.clock.wallMs() + asked.pauseMs < asked.deadlineMs) {
          parts.home.schedule(asked.pauseMs, () -> ask(asked.again()));
        } else {
          // What every producer sends again, in order.
          asked.answer.complete(Errors.NOT_ENOUGH_REPLICAS);
        }
      }
      // By this name producers know it when they produce.
      case PRODUCER_FENCED -> asked.answer.complete(Errors.INVALID_PRODUCER_EPOCH);
      default -> asked.answer.complete(error);
    }
  }
}
