package io.millrace.controller.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.controller.Controller.Outcome;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.MetadataRecord.FenceBroker;
import io.millrace.metadata.MetadataRecord.Voters;
import io.millrace.model.VoterId;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

class UnregistrationTest {
  private static final MetadataRecord SECOND_IS_AWAY = new FenceBroker(2, 1);

  private static Outcome refusal(MetadataImage image, int nodeId) {
    Decision<Outcome> decision =
        new Unregistration(new TopicPolicies(Images.RULES)).decide(image, nodeId);
    assertThat(decision.records()).isEmpty();
    return decision.reply();
  }

  @Test
  void shouldForgetANodeThatIsAway() {
    MetadataImage image =
        Images.with(
            Images.withTopic(Images.brokers(1, 2), "a", 1, List.of(1, 2)), List.of(SECOND_IS_AWAY));
    var decision = new Unregistration(new TopicPolicies(Images.RULES)).decide(image, 2);
    assertThat(decision.reply()).isEqualTo(Outcome.OK);
    assertThat(Images.with(image, decision.records()).brokers()).containsOnlyKeys(1);
  }

  @Test
  void shouldNotForgetWhoServes() {
    Outcome refused = refusal(Images.brokers(1, 2), 2);
    assertThat(refused.error()).isEqualTo(Errors.INVALID_REQUEST);
    assertThat(refused.message()).contains("Broker 2 serves");
  }

  @Test
  void shouldNotForgetWhoIsNeeded() {
    MetadataImage image = Images.withTopic(Images.brokers(1, 2), "a", 1, List.of(2));
    assertThat(refusal(image, 2).error()).isEqualTo(Errors.INVALID_REQUEST);
    MetadataImage fenced = Images.with(image, List.of(SECOND_IS_AWAY));
    assertThat(refusal(fenced, 2).message()).contains("a-0");
  }

  @Test
  void shouldNotForgetAVoter() {
    MetadataRecord voters = new Voters(Set.of(new VoterId(2, new UUID(1, 1))));
    MetadataImage image = Images.with(Images.brokers(1, 2), List.of(SECOND_IS_AWAY, voters));
    assertThat(refusal(image, 2).message()).contains("voters");
  }

  @Test
  void shouldSayThatThereIsNoSuchNode() {
    assertThat(refusal(Images.brokers(1, 2), 9).error()).isEqualTo(Errors.BROKER_ID_NOT_REGISTERED);
  }
}
