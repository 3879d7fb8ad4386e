package io.millrace.api.transactions;

import io.millrace.api.coordinators.CoordinatorTopic;
import io.millrace.api.peer.OpenPartsTag;
import io.millrace.client.Peers;
import io.millrace.coordinator.Coordinator;
import io.millrace.coordinator.shard.Reply;
import io.millrace.coordinator.transaction.TakingPart;
import io.millrace.coordinator.transaction.TransactionShard;
import io.millrace.metadata.ClusterImage;
import io.millrace.metadata.TopicImage;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.kafka.common.message.ListTransactionsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/**
 * Asks all shards of the transaction coordinator, here and on other nodes, which of the
 * transactions that partitions have in progress belong to one that is not over.
 *
 * <p>Owner: any thread.
 */
public final class KnownParts {
  private static final String LANE = "hanging-transactions";
  private static final short VERSION = ApiKeys.LIST_TRANSACTIONS.latestVersion();
  private static final int REQUEST_TIMEOUT_MS = 30_000;

  private final int nodeId;
  private final Peers peers;
  private final Supplier<ClusterImage> image;
  private final Supplier<Coordinator<TransactionShard>> coordinator;

  /**
   * For this node.
   *
   * @param peers null = the node is alone
   */
  public KnownParts(
      int nodeId,
      Peers peers,
      Supplier<ClusterImage> image,
      Supplier<Coordinator<TransactionShard>> coordinator) {
    this.nodeId = nodeId;
    this.peers = peers;
    this.image = image;
    this.coordinator = coordinator;
  }

  /**
   * What is known of these. Fails unless every shard has surely answered: while one has no leader,
   * is being loaded, or is led by who cannot be asked, and while there are none.
   *
   * @param parts at most {@link OpenPartsTag#MAX_PARTS}
   */
  public Future<Set<TakingPart>> ask(List<TakingPart> parts) {
    TopicImage topic = image.get().topic(CoordinatorTopic.TRANSACTIONS);
    if (topic == null) {
      return Future.failedFuture(Errors.COORDINATOR_NOT_AVAILABLE.exception());
    }
    Map<Integer, List<Integer>> byNode = new HashMap<>();
    for (int shard = 0; shard < topic.partitions().size(); shard++) {
      int leader = topic.partition(shard).leader();
      if (leader == CoordinatorNodes.NOBODY) {
        return Future.failedFuture(Errors.COORDINATOR_NOT_AVAILABLE.exception());
      }
      byNode.computeIfAbsent(leader, any -> new ArrayList<>()).add(shard);
    }
    List<Future<Set<TakingPart>>> answers = new ArrayList<>();
    byNode.forEach(
        (node, shards) ->
            answers.add(
                node == nodeId
                    ? of(coordinator.get(), shards, parts)
                    : elsewhere(node, new OpenPartsTag.Question(shards, parts))));
    return Future.all(answers).map(done -> union(answers));
  }

  private Future<Set<TakingPart>> elsewhere(int node, OpenPartsTag.Question question) {
    return peers == null
        ? Future.failedFuture(Errors.COORDINATOR_NOT_AVAILABLE.exception())
        : peers
            .request(node, LANE, OpenPartsTag.request(question), VERSION, REQUEST_TIMEOUT_MS)
            .map(answer -> known((ListTransactionsResponseData) answer));
  }

  private static Set<TakingPart> known(ListTransactionsResponseData answer) {
    if (answer.errorCode() != Errors.NONE.code()) {
      throw Errors.forCode(answer.errorCode()).exception();
    }
    List<TakingPart> known = OpenPartsTag.known(answer);
    if (known == null) {
      throw Errors.UNSUPPORTED_VERSION.exception("The node does not know the question");
    }
    return Set.copyOf(known);
  }

  /** What these shards of this node know; fails if one cannot surely say. */
  static Future<Set<TakingPart>> of(
      Coordinator<TransactionShard> here,
      Collection<Integer> shards,
      Collection<TakingPart> parts) {
    List<Future<Set<TakingPart>>> answers = new ArrayList<>();
    for (int shard : shards) {
      answers.add(
          here.ask(
              shard,
              (TransactionShard asked, Reply<Set<TakingPart>> reply) -> asked.known(parts, reply)));
    }
    return Future.all(answers).map(done -> union(answers));
  }

  private static Set<TakingPart> union(List<Future<Set<TakingPart>>> answers) {
    Set<TakingPart> known = new HashSet<>();
    answers.forEach(answer -> known.addAll(answer.result()));
    return known;
  }
}
