package io.millrace.api.quotas;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.TestImage;
import io.millrace.api.TestRequest;
import io.millrace.metadata.QuotaEntity;
import io.millrace.metadata.QuotaEntity.Name;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.common.message.DescribeClientQuotasRequestData;
import org.apache.kafka.common.message.DescribeClientQuotasRequestData.ComponentData;
import org.apache.kafka.common.message.DescribeClientQuotasResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

class DescribeClientQuotasHandlerTest {
  private static final byte EXACT = 0;
  private static final byte DEFAULT = 1;
  private static final byte ANY = 2;

  private final TestImage image =
      TestImage.ofOne()
          .quota(QuotaEntity.user("u"), "a", 1)
          .quota(QuotaEntity.user(null), "a", 2)
          .quota(new QuotaEntity(new Name("u"), Name.DEFAULT, null), "a", 3)
          .quota(QuotaEntity.client("c"), "a", 4)
          .quota(QuotaEntity.ip("10.0.0.1"), "a", 5);

  private static ComponentData component(String type, byte how, String match) {
    return new ComponentData().setEntityType(type).setMatchType(how).setMatch(match);
  }

  private DescribeClientQuotasResponseData ask(boolean strict, ComponentData... components) {
    return TestRequest.ask(
        new DescribeClientQuotasHandler(),
        image,
        1,
        new DescribeClientQuotasRequestData()
            .setStrict(strict)
            .setComponents(Arrays.asList(components)));
  }

  private Set<Double> found(boolean strict, ComponentData... components) {
    return ask(strict, components).entries().stream()
        .map(entry -> entry.values().get(0).value())
        .collect(Collectors.toSet());
  }

  @Test
  void shouldFindAllWithoutAFilter() {
    assertThat(found(false)).containsExactlyInAnyOrder(1.0, 2.0, 3.0, 4.0, 5.0);
    assertThat(found(true)).isEmpty();
  }

  @Test
  void shouldFindByNameByDefaultAndByType() {
    assertThat(found(false, component("user", EXACT, "u"))).containsExactlyInAnyOrder(1.0, 3.0);
    assertThat(found(true, component("user", EXACT, "u"))).containsExactly(1.0);
    assertThat(found(false, component("user", DEFAULT, null))).containsExactly(2.0);
    assertThat(found(false, component("client-id", ANY, null))).containsExactlyInAnyOrder(3.0, 4.0);
    assertThat(found(true, component("user", ANY, null), component("client-id", DEFAULT, null)))
        .containsExactly(3.0);
  }

  @Test
  void shouldServeTheOldestVersion() {
    DescribeClientQuotasResponseData answer =
        TestRequest.ask(
            new DescribeClientQuotasHandler(),
            image,
            0,
            new DescribeClientQuotasRequestData()
                .setComponents(List.of(component("ip", ANY, null))));
    assertThat(answer.entries()).hasSize(1);
    assertThat(answer.entries().get(0).entity().get(0).entityName()).isEqualTo("10.0.0.1");
  }

  @Test
  void shouldRefuseFiltersThatMakeNoSense() {
    assertThat(ask(false, component("", ANY, null)).errorCode())
        .isEqualTo(Errors.INVALID_REQUEST.code());
    assertThat(ask(false, component("tribe", ANY, null)).errorCode())
        .isEqualTo(Errors.UNSUPPORTED_VERSION.code());
    assertThat(ask(false, component("user", EXACT, null)).errorMessage())
        .contains("MATCH_TYPE_EXACT");
    assertThat(ask(false, component("user", DEFAULT, "u")).errorMessage())
        .contains("MATCH_TYPE_DEFAULT");
    assertThat(ask(false, component("user", (byte) 7, null)).errorMessage())
        .isEqualTo("Unknown match type 7");
    assertThat(
            ask(false, component("user", ANY, null), component("user", DEFAULT, null))
                .errorMessage())
        .contains("more than once");
    assertThat(ask(false, component("user", ANY, null), component("ip", ANY, null)).entries())
        .isNull();
  }
}
