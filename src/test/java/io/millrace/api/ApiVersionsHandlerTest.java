package io.millrace.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

class ApiVersionsHandlerTest {
  private final TestImage image = TestImage.ofOne();
  private final ApiVersionsHandler handler =
      new ApiVersionsHandler(() -> new RequestRouter(List.of()));

  private ApiVersionsResponseData ask(int version) {
    return TestRequest.ask(handler, image, version, SampleRequests.apiVersions((short) version));
  }

  @Test
  void shouldTellWhatIsFinalized() {
    image.feature("metadata.version", 2);

    ApiVersionsResponseData response = ask(4);

    assertThat(response.finalizedFeaturesEpoch()).isEqualTo(42);
    assertThat(response.finalizedFeatures().find("metadata.version").maxVersionLevel())
        .isEqualTo((short) 2);
    assertThat(response.supportedFeatures().find("metadata.version").minVersion())
        .isEqualTo((short) 1);
    assertThat(response.finalizedFeatures().find("group.version").maxVersionLevel())
        .isEqualTo((short) 1);
  }

  @Test
  void shouldTellTheOldestMetadataVersionOfLogsThatDoNotSay() {
    assertThat(ask(3).finalizedFeatures().find("metadata.version").maxVersionLevel())
        .isEqualTo((short) 1);
  }

  @Test
  void shouldNotTellOfFeaturesOutOfUse() {
    image.feature("group.version", 0);

    assertThat(ask(4).finalizedFeatures().find("group.version")).isNull();
  }

  @Test
  void shouldNotShowALevelOfZeroToClientsThatDoNotKnowIt() {
    assertThat(ask(3).supportedFeatures().find("group.version").minVersion()).isEqualTo((short) 1);
    assertThat(ask(4).supportedFeatures().find("group.version").minVersion()).isZero();
  }

  @Test
  void shouldRefuseAClientWithoutAName() {
    ApiVersionsResponseData response =
        TestRequest.ask(handler, image, 3, new ApiVersionsRequestData());

    assertThat(response.errorCode()).isEqualTo(Errors.INVALID_REQUEST.code());
  }
}
