package io.millrace.api.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.TestImage;
import io.millrace.api.TestRequest;
import io.millrace.metadata.Endpoint;
import org.apache.kafka.common.message.DescribeClusterRequestData;
import org.apache.kafka.common.message.DescribeClusterResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

class DescribeClusterHandlerTest {
  private final DescribeClusterHandler handler = new DescribeClusterHandler(TestImage.IN_TOUCH);
  private final TestImage image =
      TestImage.ofOne().broker(2, new Endpoint("PLAINTEXT", "b2", 9093), "r", true);

  private DescribeClusterResponseData ask(int version, DescribeClusterRequestData request) {
    return TestRequest.ask(handler, image, version, request);
  }

  @Test
  void shouldTellTheServingBrokers() {
    DescribeClusterResponseData response = ask(0, new DescribeClusterRequestData());
    assertThat(response.clusterId()).isEqualTo("testtesttesttesttestte");
    assertThat(response.controllerId()).isEqualTo(1);
    assertThat(response.brokers()).hasSize(1);
    assertThat(response.brokers().find(1).host()).isEqualTo("b1");
    assertThat(response.clusterAuthorizedOperations()).isEqualTo(Integer.MIN_VALUE);
  }

  @Test
  void shouldTellFencedBrokersWhenAsked() {
    DescribeClusterResponseData response =
        ask(2, new DescribeClusterRequestData().setIncludeFencedBrokers(true));
    assertThat(response.brokers().find(1).isFenced()).isFalse();
    assertThat(response.brokers().find(2).isFenced()).isTrue();
  }

  @Test
  void shouldTellAllOperationsWhenAsked() {
    assertThat(
            ask(1, new DescribeClusterRequestData().setIncludeClusterAuthorizedOperations(true))
                .clusterAuthorizedOperations())
        .isEqualTo(8096);
  }

  @Test
  void shouldRefuseToSpeakForControllers() {
    DescribeClusterResponseData response =
        ask(1, new DescribeClusterRequestData().setEndpointType((byte) 2));
    assertThat(response.errorCode()).isEqualTo(Errors.MISMATCHED_ENDPOINT_TYPE.code());
    assertThat(response.errorMessage()).contains("--bootstrap-server");
  }

  @Test
  void shouldRefuseAnUnknownEndpointType() {
    assertThat(ask(2, new DescribeClusterRequestData().setEndpointType((byte) 9)).errorCode())
        .isEqualTo(Errors.UNSUPPORTED_ENDPOINT_TYPE.code());
  }
}
