package io.millrace.api.peer;

import io.millrace.api.AsyncReply;
import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.controller.Controller;
import io.millrace.controller.Controller.Outcome;
import io.millrace.controller.Controller.ReplicaReport;
import io.millrace.protocol.WireIds;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.message.AssignReplicasToDirsRequestData;
import org.apache.kafka.common.message.AssignReplicasToDirsRequestData.DirectoryData;
import org.apache.kafka.common.message.AssignReplicasToDirsRequestData.TopicData;
import org.apache.kafka.common.message.AssignReplicasToDirsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * AssignReplicasToDirs (KIP-858): how the replicas on a node are, see {@link ConditionIds}; what
 * becomes of it is said of the whole request. Only on the internal listener.
 *
 * <p>Owner: any thread.
 */
final class AssignReplicasToDirsHandler implements RequestHandler {
  private static final int COMMIT_WAIT_MS = 30_000;

  private final Controller controller;

  AssignReplicasToDirsHandler(Controller controller) {
    this.controller = controller;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.ASSIGN_REPLICAS_TO_DIRS;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    AssignReplicasToDirsRequestData request = (AssignReplicasToDirsRequestData) message;
    if (PeerChecks.isNotItself(context, request.brokerId())) {
      context.reply(
          answer(Errors.CLUSTER_AUTHORIZATION_FAILED, PeerChecks.why(context, request.brokerId())));
      return;
    }
    AsyncReply.sendOutcome(
        context,
        AsyncReply.within(
                COMMIT_WAIT_MS,
                controller.reportReplicas(
                    request.brokerId(), request.brokerEpoch(), reports(request)))
            .map(AssignReplicasToDirsHandler::answer),
        AssignReplicasToDirsHandler::answer);
  }

  private static List<ReplicaReport> reports(AssignReplicasToDirsRequestData request) {
    List<ReplicaReport> reports = new ArrayList<>();
    for (DirectoryData directory : request.directories()) {
      for (TopicData topic : directory.topics()) {
        topic
            .partitions()
            .forEach(
                partition ->
                    reports.add(
                        new ReplicaReport(
                            WireIds.topicId(topic.topicId()),
                            partition.partitionIndex(),
                            ConditionIds.condition(directory.id()))));
      }
    }
    return reports;
  }

  private static AssignReplicasToDirsResponseData answer(Outcome outcome) {
    return answer(outcome.error(), outcome.message());
  }

  private static AssignReplicasToDirsResponseData answer(Errors error, String why) {
    AssignReplicasToDirsResponseData answer =
        new AssignReplicasToDirsResponseData().setErrorCode(error.code());
    PeerTags.putText(answer, PeerTags.REASON, why);
    return answer;
  }
}
