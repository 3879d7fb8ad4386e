package io.millrace.api.logs;

import io.millrace.api.AsyncReply;
import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.api.logs.LogDirs.LogDir;
import io.millrace.log.LogMoves;
import io.millrace.model.TopicIdPartition;
import io.millrace.model.TopicPartition;
import io.millrace.partition.Partition;
import io.millrace.partition.PartitionTable;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.apache.kafka.common.message.DescribeLogDirsRequestData;
import org.apache.kafka.common.message.DescribeLogDirsRequestData.DescribableLogDirTopic;
import org.apache.kafka.common.message.DescribeLogDirsResponseData;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsPartition;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsResult;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsTopic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * DescribeLogDirs: the log directories of this node with their volumes (KIP-827) and the sizes of
 * the partitions in them. A directory that failed has KAFKA_STORAGE_ERROR and nothing else. A log
 * that moves is also in the directory that it goes to, as a future log (KIP-113).
 *
 * <p>Owner: any thread.
 */
public final class DescribeLogDirsHandler implements RequestHandler {
  private final LogDirs logDirs;
  private final PartitionTable partitions;
  private final Supplier<List<LogMoves.Progress>> moves;

  /**
   * Of this node.
   *
   * @param moves those under way
   */
  public DescribeLogDirsHandler(
      LogDirs logDirs, PartitionTable partitions, Supplier<List<LogMoves.Progress>> moves) {
    this.logDirs = logDirs;
    this.partitions = partitions;
    this.moves = moves;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.DESCRIBE_LOG_DIRS;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    Set<TopicPartition> wanted = wanted((DescribeLogDirsRequestData) message);
    AsyncReply.send(
        context,
        logDirs.describe().map(dirs -> respond(dirs, wanted)),
        error -> new DescribeLogDirsResponseData().setErrorCode(error.code()));
  }

  /** null = all of them. */
  private static Set<TopicPartition> wanted(DescribeLogDirsRequestData request) {
    if (request.topics() == null) {
      return null;
    }
    Set<TopicPartition> wanted = new HashSet<>();
    for (DescribableLogDirTopic topic : request.topics()) {
      topic.partitions().forEach(index -> wanted.add(new TopicPartition(topic.topic(), index)));
    }
    return wanted;
  }

  private DescribeLogDirsResponseData respond(List<LogDir> dirs, Set<TopicPartition> wanted) {
    Map<String, Map<String, DescribeLogDirsTopic>> topicsByDir = new HashMap<>();
    // First, so that a log whose move ends meanwhile is seen where it is.
    for (LogMoves.Progress move : moves.get()) {
      TopicIdPartition id = move.id();
      if (wanted == null || wanted.contains(id.topicPartition())) {
        topic(topicsByDir, move.to(), id).partitions().add(describe(id.partition(), move));
      }
    }
    for (Partition partition : partitions.all()) {
      TopicIdPartition id = partition.id();
      if (wanted == null || wanted.contains(id.topicPartition())) {
        Partition.Status status = partition.status();
        DescribeLogDirsTopic topic = topic(topicsByDir, status.logDir(), id);
        // It has just arrived: no directory has a log twice.
        topic.partitions().removeIf(p -> p.partitionIndex() == id.partition());
        topic.partitions().add(describe(id.partition(), status));
      }
    }
    DescribeLogDirsResponseData response = new DescribeLogDirsResponseData();
    for (LogDir dir : dirs) {
      DescribeLogDirsResult result =
          new DescribeLogDirsResult().setLogDir(dir.path()).setIsCordoned(dir.cordoned());
      if (dir.online()) {
        result
            .setTotalBytes(dir.totalBytes())
            .setUsableBytes(dir.usableBytes())
            .setTopics(List.copyOf(topicsByDir.getOrDefault(dir.path(), Map.of()).values()));
      } else {
        result.setErrorCode(Errors.KAFKA_STORAGE_ERROR.code());
      }
      response.results().add(result);
    }
    return response;
  }

  private static DescribeLogDirsTopic topic(
      Map<String, Map<String, DescribeLogDirsTopic>> topicsByDir, String dir, TopicIdPartition id) {
    return topicsByDir
        .computeIfAbsent(dir, any -> new TreeMap<>())
        .computeIfAbsent(id.topic(), name -> new DescribeLogDirsTopic().setName(name));
  }

  private static DescribeLogDirsPartition describe(int partition, LogMoves.Progress move) {
    return new DescribeLogDirsPartition()
        .setPartitionIndex(partition)
        .setPartitionSize(move.copiedBytes())
        .setOffsetLag(move.offsetLag())
        .setIsFutureKey(true);
  }

  private static DescribeLogDirsPartition describe(int partition, Partition.Status status) {
    return new DescribeLogDirsPartition()
        .setPartitionIndex(partition)
        .setPartitionSize(status.sizeInBytes())
        .setOffsetLag(Math.max(0, status.highWatermark() - status.logEndOffset()));
  }
}
