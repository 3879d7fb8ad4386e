package io.millrace.api.peer;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.FakeController;
import io.millrace.api.TestImage;
import io.millrace.api.TestRequest;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.BrokerRegistrationRequestData;
import org.apache.kafka.common.message.BrokerRegistrationResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

class BrokerRegistrationHandlerTest {
  private final FakeController controller = new FakeController();

  private Errors register(Uuid... directories) {
    BrokerRegistrationResponseData answer =
        TestRequest.ask(
            new BrokerRegistrationHandler(controller),
            TestImage.ofOne(),
            4,
            new BrokerRegistrationRequestData()
                .setBrokerId(2)
                .setIncarnationId(new Uuid(1, 2))
                .setLogDirs(List.of(directories)));
    return Errors.forCode(answer.errorCode());
  }

  @Test
  void shouldRegisterANodeWithItsDirectories() {
    assertThat(register(new Uuid(3, 4))).isEqualTo(Errors.NONE);

    assertThat(controller.registered).hasSize(1);
  }

  @Test
  void shouldRefuseADirectoryWithoutAnId() {
    assertThat(register(new Uuid(3, 4), Uuid.ZERO_UUID)).isEqualTo(Errors.INVALID_REGISTRATION);

    assertThat(controller.registered).isEmpty();
  }
}
