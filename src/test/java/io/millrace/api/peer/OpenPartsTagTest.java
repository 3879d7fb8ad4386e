package io.millrace.api.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.coordinator.transaction.TakingPart;
import io.millrace.model.TopicPartition;
import java.util.List;
import org.apache.kafka.common.message.ListTransactionsRequestData;
import org.apache.kafka.common.message.ListTransactionsResponseData;
import org.junit.jupiter.api.Test;

class OpenPartsTagTest {
  private static final List<TakingPart> PARTS =
      List.of(
          new TakingPart(7, new TopicPartition("orders", 3)),
          new TakingPart(Long.MAX_VALUE, new TopicPartition("ö", 0)));

  @Test
  void shouldCarryAQuestion() {
    var question = new OpenPartsTag.Question(List.of(0, 49), PARTS);

    assertThat(OpenPartsTag.of(OpenPartsTag.request(question))).isEqualTo(question);
  }

  @Test
  void shouldCarryAnAnswer() {
    assertThat(OpenPartsTag.known(OpenPartsTag.response(PARTS))).isEqualTo(PARTS);
    assertThat(OpenPartsTag.known(OpenPartsTag.response(List.of()))).isEmpty();
  }

  @Test
  void shouldTellWhoDoesNotKnowTheQuestion() {
    assertThat(OpenPartsTag.known(new ListTransactionsResponseData())).isNull();
    assertThat(OpenPartsTag.of(new ListTransactionsRequestData())).isNull();
  }

  @Test
  void shouldRefuseWhatEndsTooEarlyOrIsTooLong() {
    ListTransactionsRequestData request = new ListTransactionsRequestData();
    PeerTags.putBytes(request, PeerTags.OPEN_PARTS, new byte[] {0, 0, 0, 2, 0});
    assertThatThrownBy(() -> OpenPartsTag.of(request))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("too early");
    PeerTags.putBytes(request, PeerTags.OPEN_PARTS, new byte[] {127, 0, 0, 0});
    assertThatThrownBy(() -> OpenPartsTag.of(request))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("allowed");
  }
}
