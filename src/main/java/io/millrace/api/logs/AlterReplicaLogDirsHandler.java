package io.millrace.api.logs;

import io.millrace.api.AsyncReply;
import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.metadata.TopicImage;
import io.millrace.model.TopicPartition;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.message.AlterReplicaLogDirsRequestData;
import org.apache.kafka.common.message.AlterReplicaLogDirsRequestData.AlterReplicaLogDir;
import org.apache.kafka.common.message.AlterReplicaLogDirsRequestData.AlterReplicaLogDirTopic;
import org.apache.kafka.common.message.AlterReplicaLogDirsResponseData;
import org.apache.kafka.common.message.AlterReplicaLogDirsResponseData.AlterReplicaLogDirPartitionResult;
import org.apache.kafka.common.message.AlterReplicaLogDirsResponseData.AlterReplicaLogDirTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * AlterReplicaLogDirs (KIP-113): replicas of this node go to other log directories while they are
 * used. Answers when the moves are begun.
 *
 * <p>Owner: any thread.
 */
public final class AlterReplicaLogDirsHandler implements RequestHandler {
  private final ReplicaMoves moves;

  public AlterReplicaLogDirsHandler(ReplicaMoves moves) {
    this.moves = moves;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.ALTER_REPLICA_LOG_DIRS;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    // The last one counts of several for a partition, as in Kafka.
    Map<TopicPartition, String> wanted = new LinkedHashMap<>();
    for (AlterReplicaLogDir dir : ((AlterReplicaLogDirsRequestData) message).dirs()) {
      for (AlterReplicaLogDirTopic topic : dir.topics()) {
        for (int partition : topic.partitions()) {
          wanted.put(new TopicPartition(topic.name(), partition), dir.path());
        }
      }
    }
    AlterReplicaLogDirsResponseData response = new AlterReplicaLogDirsResponseData();
    Map<String, AlterReplicaLogDirTopicResult> topics = new LinkedHashMap<>();
    List<Future<Errors>> pending = new ArrayList<>();
    wanted.forEach(
        (id, path) -> {
          AlterReplicaLogDirPartitionResult result =
              new AlterReplicaLogDirPartitionResult().setPartitionIndex(id.partition());
          topics
              .computeIfAbsent(
                  id.topic(), name -> new AlterReplicaLogDirTopicResult().setTopicName(name))
              .partitions()
              .add(result);
          pending.add(
              moves
                  .move(id.topic(), id.partition(), path)
                  .onSuccess(error -> result.setErrorCode(told(context, id, error).code())));
        });
    response.results().addAll(topics.values());
    Future<Void> all =
        pending.isEmpty() ? Future.succeededFuture() : Future.join(pending).mapEmpty();
    AsyncReply.send(context, all.map(response), error -> refused(response, error));
  }

  /** A replica that is not here: who asks learns whether there is such a partition at all. */
  private static Errors told(RequestContext context, TopicPartition id, Errors error) {
    if (error != Errors.REPLICA_NOT_AVAILABLE) {
      return error;
    }
    TopicImage topic = context.image().topic(id.topic());
    return topic == null || topic.partition(id.partition()) == null
        ? Errors.UNKNOWN_TOPIC_OR_PARTITION
        : error;
  }

  private static AlterReplicaLogDirsResponseData refused(
      AlterReplicaLogDirsResponseData response, Errors error) {
    response
        .results()
        .forEach(topic -> topic.partitions().forEach(p -> p.setErrorCode(error.code())));
    return response;
  }
}
