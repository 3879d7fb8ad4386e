package io.millrace.coordinator.group;

import io.millrace.coordinator.shard.Decision;
import io.millrace.coordinator.shard.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.message.OffsetCommitResponseData;
import org.apache.kafka.common.message.OffsetCommitResponseData.OffsetCommitResponsePartition;
import org.apache.kafka.common.message.OffsetCommitResponseData.OffsetCommitResponseTopic;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestTopic;
import org.apache.kafka.common.message.OffsetDeleteResponseData;
import org.apache.kafka.common.message.OffsetDeleteResponseData.OffsetDeleteResponsePartition;
import org.apache.kafka.common.message.OffsetDeleteResponseData.OffsetDeleteResponseTopic;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponsePartitions;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseTopics;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData.TxnOffsetCommitRequestPartition;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData.TxnOffsetCommitRequestTopic;
import org.apache.kafka.common.message.TxnOffsetCommitResponseData;
import org.apache.kafka.common.message.TxnOffsetCommitResponseData.TxnOffsetCommitResponsePartition;
import org.apache.kafka.common.message.TxnOffsetCommitResponseData.TxnOffsetCommitResponseTopic;
import org.apache.kafka.common.protocol.Errors;

/**
 * Commit, fetch and delete offsets. Which topics exist is the handler's concern; whether the member
 * may is the group's. Pure.
 *
 * <p>Owner: partition loop.
 */
final class OffsetCommands {
  private static final long NO_RETENTION_TIME = -1;
  private static final long NO_OFFSET = -1;
  private static final int NO_EPOCH = -1;
  private static final short FIRST_VERSION_WITH_GROUP_NOT_FOUND = 9;

  private final Groups groups;
  private final OffsetStore offsets;
  private final OffsetConfig config;

  OffsetCommands(Groups groups, OffsetStore offsets, OffsetConfig config) {
    this.groups = groups;
    this.offsets = offsets;
    this.config = config;
  }

  Decision commit(
      OffsetCommitRequestData request,
      short version,
      long nowMs,
      Reply<OffsetCommitResponseData> reply) {
    Group group = groups.get(request.groupId());
    Errors refusal = validateCommit(group, request, version);
    if (refusal != Errors.NONE) {
      reply.fail(refusal, null);
      return new Decision();
    }
    if (group != null) {
      group.onOffsetCommit(request.memberId());
    }
    long expireMs =
        request.retentionTimeMs() == NO_RETENTION_TIME
            ? CommittedOffset.NO_EXPIRE_TIMESTAMP
            : nowMs + request.retentionTimeMs();
    Decision decision = new Decision();
    OffsetCommitResponseData response = new OffsetCommitResponseData();
    for (OffsetCommitRequestTopic topic : request.topics()) {
      OffsetCommitResponseTopic answer =
          new OffsetCommitResponseTopic().setName(topic.name()).setTopicId(topic.topicId());
      for (OffsetCommitRequestPartition partition : topic.partitions()) {
        Errors error =
            append(
                decision,
                request.groupId(),
                topic.name(),
                partition.partitionIndex(),
                new CommittedOffset(
                    partition.committedOffset(),
                    Math.max(NO_EPOCH, partition.committedLeaderEpoch()),
                    orEmpty(partition.committedMetadata()),
                    nowMs,
                    expireMs,
                    topic.topicId()));
        answer
            .partitions()
            .add(
                new OffsetCommitResponsePartition()
                    .setPartitionIndex(partition.partitionIndex())
                    .setErrorCode(error.code()));
      }
      response.topics().add(answer);
    }
    return decision.answer(reply, response);
  }

  /** The record of one partition, unless its metadata is refused. */
  private Errors append(
      Decision decision, String groupId, String topic, int partition, CommittedOffset committed) {
    if (committed.metadata().length() > config.metadataMaxLength()) {
      return Errors.OFFSET_METADATA_TOO_LARGE;
    }
    decision.append(OffsetRecords.commit(groupId, topic, partition, committed));
    return Errors.NONE;
  }

  private static String orEmpty(String metadata) {
    return metadata == null ? "" : metadata;
  }

  private static Errors validateCommit(
      Group group, OffsetCommitRequestData request, short version) {
    if (group != null) {
      Errors ofMember =
          group.validateOffsetCommit(
              request.memberId(),
              request.groupInstanceId(),
              request.generationIdOrMemberEpoch(),
              version);
      return ofMember == Errors.NONE ? validatePartitions(group, request) : ofMember;
    }
    if (request.generationIdOrMemberEpoch() < 0) {
      // The commit makes it a simple group.
      return Errors.NONE;
    }
    return version >= FIRST_VERSION_WITH_GROUP_NOT_FOUND
        ? Errors.GROUP_ID_NOT_FOUND
        : Errors.ILLEGAL_GENERATION;
  }

  /**
   * The same in a transaction: the offsets count once it is committed.
   *
   * @param topicIds by name, of the topics that are known; the request has none
   */
  Decision commit(
      TxnOffsetCommitRequestData request,
      Map<String, Uuid> topicIds,
      short version,
      long nowMs,
      Reply<TxnOffsetCommitResponseData> reply) {
    Errors refusal = validateCommit(groups.get(request.groupId()), request, topicIds, version);
    if (refusal != Errors.NONE) {
      // What is newer than the protocol of transactional commits is said in its words.
      reply.fail(refusal == Errors.STALE_MEMBER_EPOCH ? Errors.ILLEGAL_GENERATION : refusal, null);
      return new Decision();
    }
    Decision decision = new Decision().inTransaction(request.producerId(), request.producerEpoch());
    TxnOffsetCommitResponseData response = new TxnOffsetCommitResponseData();
    for (TxnOffsetCommitRequestTopic topic : request.topics()) {
      TxnOffsetCommitResponseTopic answer =
          new TxnOffsetCommitResponseTopic().setName(topic.name());
      for (TxnOffsetCommitRequestPartition partition : topic.partitions()) {
        Errors error =
            append(
                decision,
                request.groupId(),
                topic.name(),
                partition.partitionIndex(),
                new CommittedOffset(
                    partition.committedOffset(),
                    Math.max(NO_EPOCH, partition.committedLeaderEpoch()),
                    orEmpty(partition.committedMetadata()),
                    nowMs,
                    CommittedOffset.NO_EXPIRE_TIMESTAMP,
                    topicIds.getOrDefault(topic.name(), Uuid.ZERO_UUID)));
        answer
            .partitions()
            .add(
                new TxnOffsetCommitResponsePartition()
                    .setPartitionIndex(partition.partitionIndex())
                    .setErrorCode(error.code()));
      }
      response.topics().add(answer);
    }
    return decision.answer(reply, response);
  }

  private static Errors validateCommit(
      Group group, TxnOffsetCommitRequestData request, Map<String, Uuid> topicIds, short version) {
    if (group == null) {
      return request.generationId() < 0 ? Errors.NONE : Errors.ILLEGAL_GENERATION;
    }
    Errors refusal =
        group.validateTransactionalCommit(
            request.memberId(), request.groupInstanceId(), request.generationId(), version);
    for (TxnOffsetCommitRequestTopic topic : request.topics()) {
      Uuid topicId = topicIds.getOrDefault(topic.name(), Uuid.ZERO_UUID);
      for (TxnOffsetCommitRequestPartition partition : topic.partitions()) {
        if (refusal == Errors.NONE) {
          refusal =
              group.validatePartitionCommit(
                  request.memberId(), request.generationId(), topicId, partition.partitionIndex());
        }
      }
    }
    return refusal;
  }

  private static Errors validatePartitions(Group group, OffsetCommitRequestData request) {
    for (OffsetCommitRequestTopic topic : request.topics()) {
      for (OffsetCommitRequestPartition partition : topic.partitions()) {
        Errors refusal =
            group.validatePartitionCommit(
                request.memberId(),
                request.generationIdOrMemberEpoch(),
                topic.topicId(),
                partition.partitionIndex());
        if (refusal != Errors.NONE) {
          return refusal;
        }
      }
    }
    return Errors.NONE;
  }

  Decision fetch(
      OffsetFetchRequestGroup request,
      boolean requireStable,
      Reply<OffsetFetchResponseGroup> reply) {
    OffsetFetchResponseGroup response =
        new OffsetFetchResponseGroup().setGroupId(request.groupId());
    Group group = groups.get(request.groupId());
    Errors refusal =
        group == null
            ? Errors.GROUP_ID_NOT_FOUND
            : group.validateOffsetFetch(request.memberId(), request.memberEpoch());
    if (refusal != Errors.NONE && refusal != Errors.GROUP_ID_NOT_FOUND) {
      reply.fail(refusal, null);
      return new Decision();
    }
    Map<String, Map<Integer, CommittedOffset>> committed =
        refusal == Errors.NONE ? offsets.of(request.groupId()) : Map.of();
    response.setTopics(
        request.topics() == null ? all(committed) : wanted(request.topics(), committed));
    if (requireStable) {
      hideUnstable(response);
    }
    return new Decision().answer(reply, response).current();
  }

  private static List<OffsetFetchResponseTopics> all(
      Map<String, Map<Integer, CommittedOffset>> committed) {
    List<OffsetFetchResponseTopics> topics = new ArrayList<>(committed.size());
    committed.forEach(
        (name, partitions) -> {
          OffsetFetchResponseTopics topic = new OffsetFetchResponseTopics().setName(name);
          partitions.forEach((index, offset) -> topic.partitions().add(answer(index, offset)));
          topics.add(topic);
        });
    return topics;
  }

  private static List<OffsetFetchResponseTopics> wanted(
      List<OffsetFetchRequestTopics> topics, Map<String, Map<Integer, CommittedOffset>> committed) {
    List<OffsetFetchResponseTopics> answers = new ArrayList<>(topics.size());
    for (OffsetFetchRequestTopics topic : topics) {
      OffsetFetchResponseTopics answer =
          new OffsetFetchResponseTopics().setName(topic.name()).setTopicId(topic.topicId());
      Map<Integer, CommittedOffset> partitions = committed.getOrDefault(topic.name(), Map.of());
      for (int index : topic.partitionIndexes()) {
        CommittedOffset offset = partitions.get(index);
        boolean ofAnother =
            offset != null
                && !topic.topicId().equals(Uuid.ZERO_UUID)
                && !offset.topicId().equals(Uuid.ZERO_UUID)
                && !offset.topicId().equals(topic.topicId());
        answer.partitions().add(answer(index, ofAnother ? null : offset));
      }
      answers.add(answer);
    }
    return answers;
  }

  /** Has whoever wants certainty ask again later (KIP-447). */
  private void hideUnstable(OffsetFetchResponseGroup response) {
    for (OffsetFetchResponseTopics topic : response.topics()) {
      for (OffsetFetchResponsePartitions partition : topic.partitions()) {
        if (offsets.isUnstable(response.groupId(), topic.name(), partition.partitionIndex())) {
          none(partition).setErrorCode(Errors.UNSTABLE_OFFSET_COMMIT.code());
        }
      }
    }
  }

  private static OffsetFetchResponsePartitions none(OffsetFetchResponsePartitions answer) {
    return answer.setCommittedOffset(NO_OFFSET).setCommittedLeaderEpoch(NO_EPOCH).setMetadata("");
  }

  private static OffsetFetchResponsePartitions answer(int index, CommittedOffset committed) {
    OffsetFetchResponsePartitions answer =
        new OffsetFetchResponsePartitions().setPartitionIndex(index);
    return committed == null
        ? none(answer)
        : answer
            .setCommittedOffset(committed.offset())
            .setCommittedLeaderEpoch(committed.leaderEpoch())
            .setMetadata(committed.metadata());
  }

  Decision delete(OffsetDeleteRequestData request, Reply<OffsetDeleteResponseData> reply) {
    Group group = groups.get(request.groupId());
    Errors refusal = group == null ? Errors.GROUP_ID_NOT_FOUND : group.validateOffsetDelete();
    if (refusal != Errors.NONE) {
      reply.fail(refusal, null);
      return new Decision();
    }
    Decision decision = new Decision();
    OffsetDeleteResponseData response = new OffsetDeleteResponseData();
    for (OffsetDeleteRequestTopic topic : request.topics()) {
      OffsetDeleteResponseTopic answer = new OffsetDeleteResponseTopic().setName(topic.name());
      boolean subscribed = group.isSubscribedTo(topic.name());
      topic
          .partitions()
          .forEach(
              partition -> {
                int index = partition.partitionIndex();
                answer
                    .partitions()
                    .add(
                        new OffsetDeleteResponsePartition()
                            .setPartitionIndex(index)
                            .setErrorCode(
                                (subscribed ? Errors.GROUP_SUBSCRIBED_TO_TOPIC : Errors.NONE)
                                    .code()));
                boolean there =
                    offsets.get(request.groupId(), topic.name(), index) != null
                        || offsets.isUnstable(request.groupId(), topic.name(), index);
                if (!subscribed && there) {
                  decision.append(OffsetRecords.tombstone(request.groupId(), topic.name(), index));
                }
              });
      response.topics().add(answer);
    }
    return decision.answer(reply, response);
  }
}
