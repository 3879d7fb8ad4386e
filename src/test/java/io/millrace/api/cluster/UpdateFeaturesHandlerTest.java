package io.millrace.api.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.FakeController;
import io.millrace.api.TestImage;
import io.millrace.api.TestRequest;
import io.millrace.controller.Controller.FeatureUpdate;
import io.millrace.controller.Controller.FeatureUpdate.Direction;
import io.millrace.controller.Controller.Outcome;
import org.apache.kafka.common.message.UpdateFeaturesRequestData;
import org.apache.kafka.common.message.UpdateFeaturesRequestData.FeatureUpdateKey;
import org.apache.kafka.common.message.UpdateFeaturesResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UpdateFeaturesHandlerTest {
  private final FakeController controller = new FakeController();

  private UpdateFeaturesResponseData ask(int version, FeatureUpdateKey... updates) {
    UpdateFeaturesRequestData request = new UpdateFeaturesRequestData().setTimeoutMs(1000);
    for (FeatureUpdateKey update : updates) {
      request.featureUpdates().add(update);
    }
    return TestRequest.ask(
        new UpdateFeaturesHandler(controller), TestImage.ofOne(), version, request);
  }

  private static FeatureUpdateKey update(String feature, int level, int type) {
    return new FeatureUpdateKey()
        .setFeature(feature)
        .setMaxVersionLevel((short) level)
        .setUpgradeType((byte) type);
  }

  @ParameterizedTest
  @CsvSource({"1, UPGRADE", "2, SAFE_DOWNGRADE", "3, UNSAFE_DOWNGRADE"})
  void shouldPassOnWhatIsAllowed(int type, Direction direction) {
    assertThat(ask(2, update("metadata.version", 2, type)).errorCode()).isZero();
    assertThat(controller.features)
        .containsEntry("metadata.version", new FeatureUpdate(2, direction));
  }

  @Test
  void shouldReadTheOldWayToAllowADowngrade() {
    ask(
        0,
        new FeatureUpdateKey()
            .setFeature("metadata.version")
            .setMaxVersionLevel((short) 1)
            .setAllowDowngrade(true));

    assertThat(controller.features)
        .containsEntry("metadata.version", new FeatureUpdate(1, Direction.SAFE_DOWNGRADE));
  }

  @Test
  void shouldNameTheFeaturesToOldClients() {
    assertThat(ask(1, update("a", 1, 1), update("b", 1, 1)).results()).hasSize(2);
  }

  @Test
  void shouldFailAsAWhole() {
    controller.refusals.put("b", new Outcome(Errors.FEATURE_UPDATE_FAILED, "node 3 cannot"));

    UpdateFeaturesResponseData response = ask(1, update("a", 1, 1), update("b", 1, 1));

    assertThat(response.errorCode()).isEqualTo(Errors.FEATURE_UPDATE_FAILED.code());
    assertThat(response.errorMessage()).isEqualTo("node 3 cannot");
    assertThat(response.results()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"1, 0", "1, 9", "-1, 1"})
  void shouldRefuseWhatMakesNoSense(int level, int type) {
    assertThat(ask(2, update("a", level, type)).errorCode())
        .isEqualTo(Errors.INVALID_UPDATE_VERSION.code());
    assertThat(controller.features).isEmpty();
  }
}
