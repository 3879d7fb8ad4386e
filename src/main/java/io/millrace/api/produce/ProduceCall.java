package io.millrace.api.produce;

import io.millrace.api.RequestContext;
import io.millrace.api.cluster.CurrentLeader;
import io.millrace.model.Loop;
import io.millrace.model.TopicId;
import io.millrace.partition.Partition;
import io.millrace.partition.ProduceAppend;
import io.millrace.record.RecordError;
import io.millrace.record.Records;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.ProduceResponseData.BatchIndexAndErrorMessage;
import org.apache.kafka.common.message.ProduceResponseData.LeaderIdAndEpoch;
import org.apache.kafka.common.message.ProduceResponseData.NodeEndpoint;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.message.ProduceResponseData.TopicProduceResponse;
import org.apache.kafka.common.message.ProduceResponseData.TopicProduceResponseCollection;
import org.apache.kafka.common.protocol.Errors;

/**
 * One Produce request in progress: its batches grouped by the loops of their partitions, one hop
 * there and one back for each loop, and the joined answer.
 *
 * <p>Owner: connection loop.
 */
final class ProduceCall {
  private static final short FIRST_VERSION_WITH_ZSTD = 7;
  private static final short FIRST_VERSION_WITH_LEADER = 10;
  private static final short FIRST_VERSION_WITH_ABORTABLE = 11;
  private static final short FIRST_VERSION_THAT_ADDS_PARTITIONS = 12;

  private final RequestContext context;
  private final short acks;
  // null = the producer has none.
  private final String transactionalId;
  private final ProduceResponseData response = new ProduceResponseData();
  private final List<Group> groups = new ArrayList<>(2);
  // Invariant: groups whose loop has not reported back yet.
  private int open;
  private String firstError;

  ProduceCall(RequestContext context, short acks, String transactionalId) {
    this.transactionalId = transactionalId;
    this.context = context;
    this.acks = acks;
  }

  TopicProduceResponse addTopic(TopicProduceData topic) {
    TopicProduceResponse answer =
        new TopicProduceResponse().setName(topic.name()).setTopicId(topic.topicId());
    // A duplicate topic in the collection would be dropped silently; one entry then answers for
    // both.
    TopicProduceResponseCollection all = response.responses();
    all.mustAdd(answer);
    return answer;
  }

  /** An answer that needs no partition. */
  void refuse(TopicProduceResponse topic, PartitionProduceData data, Errors error, String text) {
    topic.partitionResponses().add(answerOf(data.index(), error, text));
  }

  /** The batch is another node's. */
  void refuseForLeader(TopicProduceResponse topic, PartitionProduceData data, TopicId topicId) {
    PartitionProduceResponse answer = answerOf(data.index(), Errors.NOT_LEADER_OR_FOLLOWER, null);
    nameLeader(answer, topicId);
    topic.partitionResponses().add(answer);
  }

  /** KIP-951: tells the client at once where the leader is. */
  private void nameLeader(PartitionProduceResponse answer, TopicId topicId) {
    if (context.version() < FIRST_VERSION_WITH_LEADER) {
      return;
    }
    CurrentLeader leader =
        CurrentLeader.of(context, context.image().topic(topicId), answer.index());
    if (leader.nodeId() < 0) {
      return;
    }
    answer.setCurrentLeader(
        new LeaderIdAndEpoch().setLeaderId(leader.nodeId()).setLeaderEpoch(leader.leaderEpoch()));
    if (leader.broker() != null && response.nodeEndpoints().find(leader.nodeId()) == null) {
      response
          .nodeEndpoints()
          .add(
              new NodeEndpoint()
                  .setNodeId(leader.nodeId())
                  .setHost(leader.broker().host())
                  .setPort(leader.broker().port())
                  .setRack(leader.broker().rack()));
    }
  }

  /** Queues a batch for its partition's loop. */
  void add(
      TopicProduceResponse topic,
      int index,
      Partition partition,
      Records records,
      long deadlineMs) {
    Loop loop = partition.loop();
    Group group = null;
    for (Group known : groups) {
      if (known.loop == loop) {
        group = known;
        break;
      }
    }
    if (group == null) {
      group = new Group(loop);
      groups.add(group);
    }
    PartitionProduceResponse answer = new PartitionProduceResponse().setIndex(index);
    topic.partitionResponses().add(answer);
    group.items.add(new Item(group, partition, answer, records, deadlineMs));
  }

  /** Hands every group to its loop; nothing asynchronous has happened before. */
  void start() {
    open = groups.size();
    if (open == 0) {
      finish();
      return;
    }
    // By index: a group that completes at once must not disturb the iteration.
    for (int i = 0; i < groups.size(); i++) {
      groups.get(i).start();
    }
  }

  private void groupDone(Group group) {
    for (Item item : group.items) {
      item.fill();
    }
    if (--open == 0) {
      finish();
    }
  }

  private void finish() {
    if (acks != 0) {
      context.reply(response);
    } else if (firstError != null) {
      context.close("a batch with acks=0 was refused: " + firstError);
    } else {
      context.replyNothing();
    }
  }

  private PartitionProduceResponse answerOf(int index, Errors error, String text) {
    if (firstError == null) {
      firstError = error + (text == null ? "" : " (" + text + ")");
    }
    return new PartitionProduceResponse()
        .setIndex(index)
        .setErrorCode(error.code())
        .setErrorMessage(text == null ? error.message() : text)
        .setBaseOffset(-1);
  }

  /** The batches of one loop. */
  private final class Group implements Runnable {
    private final Loop loop;
    private final List<Item> items = new ArrayList<>(1);
    // Touched by the partitions' loop only. Invariant: items not yet complete.
    private int pending;

    Group(Loop loop) {
      this.loop = loop;
    }

    void start() {
      pending = items.size();
      loop.run(this);
    }

    /** On the partitions' loop. */
    @Override
    public void run() {
      long begun = context.use().timesRequests() ? System.nanoTime() : 0;
      for (int i = 0; i < items.size(); i++) {
        Item item = items.get(i);
        item.partition.replica().append(item);
      }
      if (begun != 0 && loop != context.loop()) {
        long nanos = System.nanoTime() - begun;
        context.loop().execute(() -> context.spent(nanos));
      }
    }

    void itemDone() {
      if (--pending == 0) {
        context.loop().run(() -> groupDone(this));
      }
    }
  }

  /** One batch. */
  private final class Item extends ProduceAppend {
    private final Group group;
    private final Partition partition;
    private final PartitionProduceResponse answer;

    Item(
        Group group,
        Partition partition,
        PartitionProduceResponse answer,
        Records records,
        long deadlineMs) {
      super(records, acks, deadlineMs, context.version() >= FIRST_VERSION_WITH_ZSTD);
      this.group = group;
      this.partition = partition;
      this.answer = answer;
    }

    @Override
    protected String transactionalId() {
      return transactionalId;
    }

    @Override
    protected boolean addsPartition() {
      return context.version() >= FIRST_VERSION_THAT_ADDS_PARTITIONS;
    }

    @Override
    protected void onComplete() {
      group.itemDone();
    }

    /** The error as clients of this version know it. */
    private Errors told(Errors found) {
      return found == Errors.TRANSACTION_ABORTABLE
              && context.version() < FIRST_VERSION_WITH_ABORTABLE
          ? Errors.INVALID_TXN_STATE
          : found;
    }

    /** On the connection's loop. */
    void fill() {
      Errors error = told(error());
      answer
          .setErrorCode(error.code())
          .setBaseOffset(baseOffset())
          .setLogAppendTimeMs(logAppendTimeMs())
          .setLogStartOffset(logStartOffset());
      if (error != Errors.NONE) {
        if (firstError == null) {
          firstError = partition.id() + ": " + error;
        }
        answer.setErrorMessage(message() == null ? error.message() : message());
        for (RecordError bad : badRecords()) {
          answer
              .recordErrors()
              .add(
                  new BatchIndexAndErrorMessage()
                      .setBatchIndex(bad.batchIndex())
                      .setBatchIndexErrorMessage(bad.message()));
        }
        if (error == Errors.NOT_LEADER_OR_FOLLOWER) {
          nameLeader(answer, partition.id().topicId());
        }
      }
    }
  }
}
