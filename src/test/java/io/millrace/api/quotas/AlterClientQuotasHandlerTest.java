package io.millrace.api.quotas;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.FakeController;
import io.millrace.api.TestImage;
import io.millrace.api.TestRequest;
import io.millrace.metadata.QuotaEntity;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.message.AlterClientQuotasRequestData;
import org.apache.kafka.common.message.AlterClientQuotasRequestData.EntityData;
import org.apache.kafka.common.message.AlterClientQuotasRequestData.EntryData;
import org.apache.kafka.common.message.AlterClientQuotasRequestData.OpData;
import org.apache.kafka.common.message.AlterClientQuotasResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

class AlterClientQuotasHandlerTest {
  private final FakeController controller = new FakeController();
  private final TestImage image = TestImage.ofOne().feature("metadata.version", 4);

  private static EntryData entry(String... typesAndNames) {
    List<EntityData> entity = new ArrayList<>();
    for (int i = 0; i < typesAndNames.length; i += 2) {
      entity.add(
          new EntityData().setEntityType(typesAndNames[i]).setEntityName(typesAndNames[i + 1]));
    }
    return new EntryData()
        .setEntity(entity)
        .setOps(
            List.of(
                new OpData().setKey("k").setValue(1.5),
                new OpData().setKey("gone").setRemove(true)));
  }

  private List<AlterClientQuotasResponseData.EntryData> ask(EntryData... entries) {
    AlterClientQuotasResponseData answer =
        TestRequest.ask(
            new AlterClientQuotasHandler(controller),
            image,
            1,
            new AlterClientQuotasRequestData().setEntries(List.of(entries)));
    return answer.entries();
  }

  private Errors errorOf(EntryData entry) {
    return Errors.forCode(ask(entry).get(0).errorCode());
  }

  @Test
  void shouldBringChangesToTheController() {
    assertThat(errorOf(entry("user", "u", "client-id", null))).isEqualTo(Errors.NONE);
    Map<String, Double> changes = new HashMap<>();
    changes.put("k", 1.5);
    changes.put("gone", null);
    assertThat(controller.quotas)
        .isEqualTo(
            Map.of(
                new QuotaEntity(new QuotaEntity.Name("u"), QuotaEntity.Name.DEFAULT, null),
                changes));
  }

  @Test
  void shouldRefuseOneAndCarryOutTheOther() {
    var answers = ask(entry("tribe", "t"), entry("client-id", "c"), entry("client-id", "c"));
    assertThat(answers)
        .extracting(answer -> Errors.forCode(answer.errorCode()))
        .containsExactly(Errors.INVALID_REQUEST, Errors.NONE, Errors.INVALID_REQUEST);
    assertThat(answers.get(0).errorMessage()).contains("entity type: tribe");
    assertThat(controller.quotas).containsOnlyKeys(QuotaEntity.client("c"));
  }

  @Test
  void shouldRefuseEntitiesThatCannotBe() {
    assertThat(errorOf(entry())).isEqualTo(Errors.INVALID_REQUEST);
    assertThat(errorOf(entry("user", "u", "user", "v"))).isEqualTo(Errors.INVALID_REQUEST);
    assertThat(errorOf(entry("user", ""))).isEqualTo(Errors.INVALID_REQUEST);
    assertThat(errorOf(entry("ip", "10.0.0.1", "user", "u"))).isEqualTo(Errors.INVALID_REQUEST);
    for (String ip : List.of("10.0.0", "256.0.0.1", "localhost", "1.2.3.4.5")) {
      assertThat(errorOf(entry("ip", ip))).as(ip).isEqualTo(Errors.INVALID_REQUEST);
    }
    assertThat(controller.quotas).isEmpty();
    for (String ip : List.of("10.0.0.1", "255.255.255.255", "::1", "fe80::1")) {
      assertThat(errorOf(entry("ip", ip))).as(ip).isEqualTo(Errors.NONE);
    }
  }

  @Test
  void shouldAskNobodyBelowTheLevelThatKnowsQuotas() {
    image.feature("metadata.version", 3);
    assertThat(errorOf(entry("user", "u"))).isEqualTo(Errors.UNSUPPORTED_VERSION);
    assertThat(controller.quotas).isEmpty();
  }

  @Test
  void shouldSayOfEachWhyNothingWasDecided() {
    controller.commit = Future.failedFuture(Errors.NOT_CONTROLLER.exception());
    assertThat(ask(entry("user", "u"), entry("user", "v")))
        .allMatch(answer -> answer.errorCode() == Errors.NOT_CONTROLLER.code());
  }
}
