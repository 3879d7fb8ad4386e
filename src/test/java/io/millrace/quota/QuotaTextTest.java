package io.millrace.quota;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.metadata.QuotaEntity;
import java.util.List;
import org.junit.jupiter.api.Test;

class QuotaTextTest {
  private static List<String> lines(ClientQuotas.Figures... figures) {
    StringBuilder out = new StringBuilder();
    QuotaText.write(List.of(figures), out);
    return out.toString().lines().toList();
  }

  @Test
  void shouldWriteNothingWithoutQuotas() {
    assertThat(lines()).isEmpty();
  }

  @Test
  void shouldWriteWhatIsUsedOfAQuota() {
    assertThat(
            lines(
                new ClientQuotas.Figures(
                    QuotaKey.PRODUCER_BYTE_RATE,
                    QuotaEntity.client("c"),
                    1024,
                    512,
                    Double.NaN,
                    3,
                    1_500)))
        .contains(
            "# TYPE millrace_quota_limit gauge",
            "millrace_quota_limit{quota=\"producer_byte_rate\",user=\"\",client_id=\"c\"} 1024.0",
            "millrace_quota_rate{quota=\"producer_byte_rate\",user=\"\",client_id=\"c\"} 512.0",
            "# TYPE millrace_quota_throttles_total counter",
            "millrace_quota_throttles_total{quota=\"producer_byte_rate\",user=\"\",client_id=\"c\"}"
                + " 3",
            "millrace_quota_throttle_seconds_total{quota=\"producer_byte_rate\",user=\"\","
                + "client_id=\"c\"} 1.5")
        .noneMatch(line -> line.startsWith("millrace_quota_tokens{"));
  }

  @Test
  void shouldWritePermitsAndEscapeNames() {
    assertThat(
            lines(
                new ClientQuotas.Figures(
                    QuotaKey.CONTROLLER_MUTATION_RATE,
                    QuotaEntity.user("a\"b\\c\nd"),
                    1,
                    2,
                    -9,
                    0,
                    0)))
        .contains(
            "millrace_quota_tokens{quota=\"controller_mutation_rate\",user=\"a\\\"b\\\\c\\nd\","
                + "client_id=\"\"} -9.0");
  }
}
