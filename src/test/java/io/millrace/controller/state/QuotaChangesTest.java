package io.millrace.controller.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.controller.Controller.Outcome;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord.ClientQuota;
import io.millrace.metadata.QuotaEntity;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

class QuotaChangesTest {
  private static final QuotaEntity C = QuotaEntity.client("c");
  private static final QuotaEntity IP = QuotaEntity.ip("10.0.0.1");
  private static final MetadataImage IMAGE =
      Images.with(
          Images.newest(Images.brokers(1)),
          List.of(new ClientQuota(C, "producer_byte_rate", 100.0)));

  private static Decision<Map<QuotaEntity, Outcome>> decide(
      QuotaEntity entity, String key, Double value) {
    Map<String, Double> change = new HashMap<>();
    change.put(key, value);
    return QuotaChanges.decide(IMAGE, Map.of(entity, change), false);
  }

  private static String refusal(QuotaEntity entity, String key, double value) {
    var decision = decide(entity, key, value);
    assertThat(decision.records()).isEmpty();
    assertThat(decision.reply().get(entity).error()).isEqualTo(Errors.INVALID_REQUEST);
    return decision.reply().get(entity).message();
  }

  @Test
  void shouldWriteOnlyWhatChanges() {
    assertThat(decide(C, "producer_byte_rate", 100.0).records()).isEmpty();
    assertThat(decide(C, "consumer_byte_rate", null).records()).isEmpty();
    assertThat(decide(C, "producer_byte_rate", 5.0).records())
        .containsExactly(new ClientQuota(C, "producer_byte_rate", 5.0));
    assertThat(decide(C, "producer_byte_rate", null).records())
        .containsExactly(new ClientQuota(C, "producer_byte_rate", null));
  }

  @Test
  void shouldRefuseKeysAndValuesThatCannotBe() {
    assertThat(refusal(C, "nonsense", 1)).isEqualTo("Invalid configuration key nonsense");
    assertThat(refusal(C, "connection_creation_rate", 1)).contains("Invalid configuration key");
    assertThat(refusal(IP, "producer_byte_rate", 1)).contains("Invalid configuration key");
    assertThat(refusal(C, "producer_byte_rate", 0)).contains("must be greater than 0");
    assertThat(refusal(C, "request_percentage", Double.NaN)).contains("must be greater than 0");
    assertThat(refusal(C, "consumer_byte_rate", 1.5)).contains("cannot be a fractional value");
    assertThat(refusal(C, "consumer_byte_rate", 1e30)).contains("too large for a LONG");
    assertThat(refusal(IP, "connection_creation_rate", 3e9)).contains("too large for an INT");
    assertThat(decide(C, "request_percentage", 0.5).records()).hasSize(1);
    assertThat(decide(IP, "connection_creation_rate", 5.0).records()).hasSize(1);
  }

  @Test
  void shouldChangeAllOrNothingOfAnEntity() {
    var decision =
        QuotaChanges.decide(
            IMAGE,
            Map.of(
                C,
                Map.of("consumer_byte_rate", 5.0, "request_percentage", -1.0),
                IP,
                Map.of("connection_creation_rate", 5.0)),
            false);
    assertThat(decision.records())
        .containsExactly(new ClientQuota(IP, "connection_creation_rate", 5.0));
  }

  @Test
  void shouldOnlySayWhetherItCouldBe() {
    var decision = QuotaChanges.decide(IMAGE, Map.of(C, Map.of("consumer_byte_rate", 5.0)), true);
    assertThat(decision.records()).isEmpty();
    assertThat(decision.reply()).isEqualTo(Map.of(C, Outcome.OK));
  }

  @Test
  void shouldRefuseQuotasBelowLevelFour() {
    var decision =
        QuotaChanges.decide(Images.brokers(1), Map.of(C, Map.of("consumer_byte_rate", 5.0)), false);
    assertThat(decision.reply().get(C).error()).isEqualTo(Errors.UNSUPPORTED_VERSION);
    assertThat(decision.reply().get(C).message()).contains("finalize 4 first");
  }
}
