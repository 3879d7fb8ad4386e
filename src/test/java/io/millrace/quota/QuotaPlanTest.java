package io.millrace.quota;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.metadata.QuotaEntity;
import io.millrace.metadata.QuotaEntity.Name;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class QuotaPlanTest {
  private static final String KEY = "producer_byte_rate";
  private static final Name U = new Name("u");
  private static final Name C = new Name("c");

  /** From the most specific one on, as Kafka has them. */
  private static final List<QuotaEntity> LEVELS =
      List.of(
          new QuotaEntity(U, C, null),
          new QuotaEntity(U, Name.DEFAULT, null),
          new QuotaEntity(U, null, null),
          new QuotaEntity(Name.DEFAULT, C, null),
          new QuotaEntity(Name.DEFAULT, Name.DEFAULT, null),
          new QuotaEntity(Name.DEFAULT, null, null),
          new QuotaEntity(null, C, null),
          new QuotaEntity(null, Name.DEFAULT, null));

  private static QuotaPlan plan(List<QuotaEntity> entities) {
    Map<QuotaEntity, Map<String, Double>> quotas = new HashMap<>();
    entities.forEach(entity -> quotas.put(entity, Map.of(KEY, 1.0 + LEVELS.indexOf(entity))));
    return new QuotaPlan(quotas);
  }

  @Test
  void shouldTakeTheMostSpecificOfEightLevels() {
    List<QuotaEntity> left = new ArrayList<>(LEVELS);
    for (int level = 0; level < LEVELS.size(); level++) {
      assertThat(plan(left).limit(QuotaKey.PRODUCER_BYTE_RATE, "u", "c").value())
          .isEqualTo(1.0 + level);
      left.remove(0);
    }
    assertThat(plan(left).limit(QuotaKey.PRODUCER_BYTE_RATE, "u", "c")).isNull();
  }

  @Test
  void shouldLookForEachKeyApart() {
    QuotaPlan plan =
        new QuotaPlan(
            Map.of(
                LEVELS.get(0), Map.of("consumer_byte_rate", 5.0),
                LEVELS.get(7), Map.of(KEY, 7.0)));
    assertThat(plan.limit(QuotaKey.PRODUCER_BYTE_RATE, "u", "c").value()).isEqualTo(7);
    assertThat(plan.limit(QuotaKey.REQUEST_PERCENTAGE, "u", "c")).isNull();
  }

  @Test
  void shouldGiveEachTheDefaultAndShareItAmongNoOthers() {
    QuotaPlan clients = plan(List.of(LEVELS.get(7)));
    assertThat(clients.limit(QuotaKey.PRODUCER_BYTE_RATE, "u", "c").sharing())
        .isEqualTo(QuotaEntity.client("c"));
    QuotaPlan users = plan(List.of(LEVELS.get(5)));
    assertThat(users.limit(QuotaKey.PRODUCER_BYTE_RATE, "u", "c").sharing())
        .isEqualTo(QuotaEntity.user("u"));
    QuotaPlan both = plan(List.of(LEVELS.get(4)));
    assertThat(both.limit(QuotaKey.PRODUCER_BYTE_RATE, "u", "c").sharing())
        .isEqualTo(LEVELS.get(0));
  }

  @Test
  void shouldKnowAddressesInAllSpellings() {
    QuotaPlan plan =
        new QuotaPlan(
            Map.of(
                QuotaEntity.ip("::1"), Map.of("connection_creation_rate", 3.0),
                QuotaEntity.ip(null), Map.of("connection_creation_rate", 4.0)));
    assertThat(plan.ofAddress("0:0:0:0:0:0:0:1")).isEqualTo(3);
    assertThat(plan.ofAddress("10.0.0.1")).isEqualTo(4);
    assertThat(plan.isEmpty()).isTrue();
  }
}
