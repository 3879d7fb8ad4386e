package io.millrace.api.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.FakeController;
import io.millrace.api.FakeQuorum;
import io.millrace.api.TestImage;
import io.millrace.api.TestRequest;
import io.millrace.controller.Controller.Outcome;
import io.millrace.quorum.QuorumException;
import io.vertx.core.Future;
import java.util.List;
import org.apache.kafka.common.message.ElectLeadersRequestData;
import org.apache.kafka.common.message.ElectLeadersRequestData.TopicPartitions;
import org.apache.kafka.common.message.ElectLeadersResponseData;
import org.apache.kafka.common.message.ElectLeadersResponseData.PartitionResult;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

class ElectLeadersHandlerTest {
  private final FakeController controller = new FakeController();
  private final FakeQuorum quorum = new FakeQuorum();
  private final ElectLeadersHandler handler = new ElectLeadersHandler(controller, quorum);

  private ElectLeadersResponseData ask(ElectLeadersRequestData request) {
    return TestRequest.ask(handler, TestImage.ofOne(), 2, request.setTimeoutMs(1000));
  }

  private static ElectLeadersRequestData of(int type, String topic, Integer... partitions) {
    ElectLeadersRequestData request = new ElectLeadersRequestData().setElectionType((byte) type);
    request
        .topicPartitions()
        .add(new TopicPartitions().setTopic(topic).setPartitions(List.of(partitions)));
    return request;
  }

  private static PartitionResult only(ElectLeadersResponseData response) {
    return response.replicaElectionResults().get(0).partitionResult().get(0);
  }

  @Test
  void shouldElect() {
    controller.refusals.put("t", new Outcome(Errors.ELECTION_NOT_NEEDED, "it leads"));

    ElectLeadersResponseData response = ask(of(0, "t", 1));

    assertThat(controller.elections).containsExactly("PREFERRED [t-1]");
    assertThat(response.errorCode()).isZero();
    assertThat(only(response).partitionId()).isEqualTo(1);
    assertThat(only(response).errorCode()).isEqualTo(Errors.ELECTION_NOT_NEEDED.code());
    assertThat(only(response).errorMessage()).isEqualTo("it leads");
  }

  @Test
  void shouldElectForAllPartitions() {
    ElectLeadersResponseData response =
        ask(new ElectLeadersRequestData().setElectionType((byte) 1).setTopicPartitions(null));

    assertThat(controller.elections).containsExactly("UNCLEAN null");
    assertThat(response.replicaElectionResults()).isEmpty();
  }

  @Test
  void shouldRefuseAnUnknownType() {
    ElectLeadersResponseData response = ask(of(9, "t", 0));

    assertThat(response.errorCode()).isEqualTo(Errors.INVALID_REQUEST.code());
    assertThat(only(response).errorCode()).isEqualTo(Errors.INVALID_REQUEST.code());
  }

  @Test
  void shouldFailAsAWholeWithoutController() {
    controller.commit = Future.failedFuture(new QuorumException(Errors.NOT_CONTROLLER, "no"));

    ElectLeadersResponseData response = ask(of(0, "t", 0));

    assertThat(response.errorCode()).isEqualTo(Errors.NOT_CONTROLLER.code());
    assertThat(only(response).errorCode()).isEqualTo(Errors.NOT_CONTROLLER.code());
  }

  @Test
  void shouldHandTheMetadataToTheNodeThatThePartitionNames() {
    ElectLeadersResponseData response = ask(of(0, "__cluster_metadata", 3));

    assertThat(quorum.asked).containsExactly("transfer 3");
    assertThat(controller.elections).isEmpty();
    assertThat(only(response).errorCode()).isZero();
  }

  @Test
  void shouldSayWhyTheMetadataStaysWhereItIs() {
    quorum.refusal = new QuorumException(Errors.PREFERRED_LEADER_NOT_AVAILABLE, "it lags");

    PartitionResult result = only(ask(of(0, "__cluster_metadata", 3)));

    assertThat(result.errorCode()).isEqualTo(Errors.PREFERRED_LEADER_NOT_AVAILABLE.code());
    assertThat(result.errorMessage()).isEqualTo("it lags");
  }
}
