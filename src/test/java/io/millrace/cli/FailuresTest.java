package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.NotControllerException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FailuresTest {
  private static final String CALL =
      "Call(callName=createTopics, deadlineMs=1, tries=4, nextAllowedTryMs=9) timed out at 5 after"
          + " 4 attempt(s)";

  @ParameterizedTest
  @ValueSource(strings = {CALL, "Timed out waiting for a node assignment. Call: createTopics"})
  void shouldNotTellOfTheInsidesOfTheClient(String message) {
    assertThat(Failures.describe(new TimeoutException(message))).isEqualTo("no answer in time");
    assertThat(Failures.describe(new TimeoutException("Error listing groups: " + message)))
        .isEqualTo("no answer in time: Error listing groups");
  }

  @Test
  void shouldTellWhatTheLastAttemptWasAnswered() {
    assertThat(
            Failures.describe(new TimeoutException(CALL, new NotControllerException("node 2 is"))))
        .isEqualTo("no answer in time: NOT_CONTROLLER: node 2 is");
    assertThat(Failures.describe(new TimeoutException(CALL, new TimeoutException("try again"))))
        .isEqualTo("no answer in time: try again");
    assertThat(Failures.describe(new TimeoutException(CALL, new DisconnectException("id 7"))))
        .isEqualTo("no answer in time");
  }

  @Test
  void shouldKnowACallThatWasMadeForAnotherOne() {
    KafkaException failed =
        new KafkaException(
            "Failed to find brokers",
            new TimeoutException("Timed out waiting to send the call. Call: findAllBrokers"));

    assertThat(Failures.describe(failed)).isEqualTo("Failed to find brokers: no answer in time");
    assertThat(Failures.exitCode(failed)).isEqualTo(ExitCode.UNREACHABLE);
  }

  @Test
  void shouldSayWhatAnUnknownTopicMeans() {
    assertThat(Failures.describe(Errors.UNKNOWN_TOPIC_OR_PARTITION.exception()))
        .isEqualTo("UNKNOWN_TOPIC_OR_PARTITION: there is no such topic or partition");
    assertThat(Failures.describe(new UnknownTopicOrPartitionException("The topic 'a' is gone")))
        .isEqualTo("UNKNOWN_TOPIC_OR_PARTITION: The topic 'a' is gone");
  }

  @Test
  void shouldTellWhatWasWaitedFor() {
    assertThat(Failures.describe(new TimeoutException("Topic a is not there after 9 ms.")))
        .isEqualTo("no answer in time: Topic a is not there after 9 ms.");
  }
}
