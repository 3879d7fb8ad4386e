package io.millrace.cluster.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.VoterId;
import io.millrace.quorum.Formation;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class FormationReportCodecTest {
  private static final VoterId ONE = new VoterId(1, new UUID(0x0102030405060708L, 1));
  private static final VoterId TWO = new VoterId(2, new UUID(3, 4));

  private static void check(FormationReport report) {
    assertThat(FormationReportCodec.decode(FormationReportCodec.encode(report))).isEqualTo(report);
  }

  @Test
  void shouldReadWhatItWrote() {
    check(new FormationReport(ONE, null, Set.of(), "", null));
    check(new FormationReport(ONE, null, Set.of(ONE, TWO), "cluster.seeds=höst:1", "id"));
    Formation signed = new Formation("X", Set.of(ONE, TWO), false);
    check(new FormationReport(TWO, signed, Set.of(), "s", null));
    check(new FormationReport(TWO, signed.confirm(), Set.of(ONE), "s", "X"));
  }

  /** Old nodes read it: a change of this is a change of the format. */
  @Test
  void shouldWriteTheseBytes() {
    FormationReport report =
        new FormationReport(ONE, new Formation("X", Set.of(ONE), true), Set.of(), "s", "X");
    ByteBuffer encoded = FormationReportCodec.encode(report);
    byte[] bytes = new byte[encoded.remaining()];
    encoded.get(bytes);
    assertThat(HexFormat.of().formatHex(bytes))
        .isEqualTo(
            "0007"
                + "00000001"
                + "01020304050607080000000000000001"
                + "000173"
                + "00"
                + "000158"
                + "000158"
                + "01"
                + "00000001"
                + "01020304050607080000000000000001"
                + "00");
  }

  @Test
  void shouldSkipTagsThatItDoesNotKnow() {
    FormationReport report = new FormationReport(ONE, null, Set.of(), "s", null);
    ByteBuffer bytes = FormationReportCodec.encode(report);
    ByteBuffer tagged = ByteBuffer.allocate(bytes.limit() + 5).put(bytes);
    tagged.put(bytes.limit() - 1, (byte) 1).put(new byte[] {7, 0, 2, 9, 9}).flip();
    assertThat(FormationReportCodec.decode(tagged)).isEqualTo(report);
  }

  @Test
  void shouldRefuseAnotherVersion() {
    ByteBuffer bytes =
        FormationReportCodec.encode(new FormationReport(ONE, null, Set.of(), "s", null));
    bytes.put(0, (byte) 1);
    assertThatThrownBy(() -> FormationReportCodec.decode(bytes))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("version 1");
  }

  @Test
  void shouldRefuseRubbish() {
    ByteBuffer whole =
        FormationReportCodec.encode(
            new FormationReport(
                ONE, new Formation("X", Set.of(ONE, TWO), true), Set.of(ONE), "seeds", "X"));
    for (int length = 0; length < whole.limit(); length++) {
      ByteBuffer cut = whole.duplicate().limit(length);
      assertThatThrownBy(() -> FormationReportCodec.decode(cut))
          .isInstanceOf(IllegalArgumentException.class);
    }
    Random random = new Random(4);
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = new byte[whole.limit()];
      whole.duplicate().get(bytes);
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      try {
        FormationReportCodec.decode(ByteBuffer.wrap(bytes));
      } catch (IllegalArgumentException e) {
        assertThat(e).hasMessageNotContaining("null");
      }
    }
  }
}
