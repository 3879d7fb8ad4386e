package io.millrace.quorum;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.metadata.MetadataFormatException;
import io.millrace.metadata.MetadataRecord.Feature;
import io.millrace.metadata.MetadataRecord.NoOp;
import io.millrace.metadata.MetadataRecord.Voters;
import io.millrace.model.VoterId;
import io.millrace.quorum.state.Entry;
import io.millrace.quorum.state.Message;
import io.millrace.quorum.state.SnapshotId;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

class QuorumMessageCodecTest {
  private static final VoterId ONE = new VoterId(1, new UUID(0x0102, 0x0304));
  private static final VoterId TWO = new VoterId(300, new UUID(0x0506, 0x0708));
  private static final SnapshotId SNAPSHOT = new SnapshotId(4_711, 3);

  private static final List<Message> ALL =
      List.of(
          new Message.PreVote(ONE, TWO, 7, 100, 6),
          new Message.PreVoteReply(ONE, TWO, 7, true),
          new Message.Vote(ONE, TWO, 7, 100, 6, true),
          new Message.VoteReply(ONE, TWO, 7, false),
          new Message.Append(ONE, TWO, 7, 100, 6, List.of(), 99, 12),
          new Message.Append(
              ONE,
              TWO,
              7,
              100,
              6,
              List.of(
                  new Entry(100, 6, List.of(new Feature("metadata.version", 1), NoOp.INSTANCE)),
                  new Entry(102, 7, List.of(new Voters(Set.of(ONE, TWO))))),
              99,
              12),
          new Message.AppendReply(ONE, TWO, 7, true, 103, 0, 12),
          new Message.InstallSnapshot(
              ONE, TWO, 7, SNAPSHOT, 1_000, ByteBuffer.wrap(new byte[] {1, 2, 3}), true, 12),
          new Message.SnapshotReply(ONE, TWO, 7, SNAPSHOT, 1_003, 12),
          new Message.TimeoutNow(ONE, TWO, 7),
          new Message.LearnerHello(ONE, TWO, 7, 55));

  private static byte[] encode(Message message) {
    return QuorumMessageCodec.encode(message).array();
  }

  private static Message decode(byte[] bytes) {
    return QuorumMessageCodec.decode(ByteBuffer.wrap(bytes));
  }

  private static String golden(Message message) {
    byte[] bytes = encode(message);
    return HexFormat.of().formatHex(bytes, 4, bytes.length);
  }

  private static final String FROM_TO =
      "01"
          + "0000000000000102"
          + "0000000000000304"
          + "ac02"
          + "0000000000000506"
          + "0000000000000708";

  @Test
  void shouldReadBackEveryMessage() {
    for (Message message : ALL) {
      assertThat(decode(encode(message))).isEqualTo(message);
    }
  }

  @Test
  void shouldWriteTheBytesOfItsGrid() {
    assertThat(golden(ALL.get(0))).isEqualTo("0100" + FROM_TO + "07" + "64" + "06" + "00");
    assertThat(golden(ALL.get(1))).isEqualTo("0200" + FROM_TO + "07" + "01" + "00");
    assertThat(golden(ALL.get(2))).isEqualTo("0300" + FROM_TO + "07" + "64" + "06" + "01" + "00");
    assertThat(golden(ALL.get(3))).isEqualTo("0400" + FROM_TO + "07" + "00" + "00");
    assertThat(golden(ALL.get(4)))
        .isEqualTo("0500" + FROM_TO + "07" + "64" + "06" + "63" + "0c" + "00" + "00");
    assertThat(golden(ALL.get(6)))
        .isEqualTo("0600" + FROM_TO + "07" + "01" + "67" + "00" + "0c" + "00");
    assertThat(golden(ALL.get(7)))
        .isEqualTo(
            "0700" + FROM_TO + "07" + "e724" + "03" + "e807" + "01" + "0c" + "03010203" + "00");
    assertThat(golden(ALL.get(8)))
        .isEqualTo("0800" + FROM_TO + "07" + "e724" + "03" + "eb07" + "0c" + "00");
    assertThat(golden(ALL.get(9))).isEqualTo("0900" + FROM_TO + "07" + "00");
    assertThat(golden(ALL.get(10))).isEqualTo("0a00" + FROM_TO + "07" + "37" + "00");
  }

  @Test
  void shouldWriteEntriesAsTermAndRecords() {
    Message one =
        new Message.Append(
            ONE, TWO, 7, 100, 6, List.of(new Entry(100, 7, List.of(NoOp.INSTANCE))), 99, 12);
    assertThat(golden(one))
        .isEqualTo(
            "0500"
                + FROM_TO
                + "07"
                + "64"
                + "06"
                + "63"
                + "0c"
                + "01"
                + "07"
                + "01"
                + "03010000"
                + "00");
  }

  @Test
  void shouldShareNothingWithTheBytes() {
    byte[] bytes = encode(ALL.get(7));
    Message message = decode(bytes);
    Arrays.fill(bytes, (byte) 0);
    assertThat(message).isEqualTo(ALL.get(7));
  }

  @Test
  void shouldSkipTagsThatItDoesNotKnow() {
    byte[] bytes = encode(ALL.get(10));
    byte[] tagged = Arrays.copyOf(bytes, bytes.length + 5);
    byte[] tags = {1, 9, 2, 77, 77};
    System.arraycopy(tags, 0, tagged, bytes.length - 1, tags.length);
    byte[] exact = Arrays.copyOf(tagged, bytes.length - 1 + tags.length);
    assertThat(decode(sealed(exact))).isEqualTo(ALL.get(10));
  }

  private static byte[] sealed(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 4, bytes.length - 4);
    ByteBuffer.wrap(bytes).putInt(0, (int) crc.getValue());
    return bytes;
  }

  @Test
  void shouldRefuseAMessageOfANewerVersion() {
    byte[] bytes = encode(ALL.get(0));
    bytes[5] = 1;
    assertThatThrownBy(() -> decode(sealed(bytes)))
        .isInstanceOf(MetadataFormatException.class)
        .hasMessageContaining("version 1");
  }

  @Test
  void shouldRefuseEveryCut() {
    for (Message message : ALL) {
      byte[] bytes = encode(message);
      for (int length = 0; length < bytes.length; length++) {
        byte[] cut = Arrays.copyOf(bytes, length);
        assertThatThrownBy(() -> decode(cut)).isInstanceOf(MetadataFormatException.class);
        if (length > 4) {
          assertThatThrownBy(() -> decode(sealed(cut)))
              .as("%s cut to %d", message, length)
              .isInstanceOf(MetadataFormatException.class);
        }
      }
    }
  }

  @Test
  void shouldRefuseEveryFlippedBit() {
    for (Message message : ALL) {
      byte[] bytes = encode(message);
      for (int bit = 0; bit < bytes.length * 8; bit++) {
        byte[] flipped = bytes.clone();
        flipped[bit / 8] ^= (byte) (1 << (bit % 8));
        assertThatThrownBy(() -> decode(flipped)).isInstanceOf(MetadataFormatException.class);
      }
    }
  }

  @Test
  void shouldUnderstandOrRefuseWhatAnAttackerSeals() {
    Random random = new Random(3);
    int understood = 0;
    for (int i = 0; i < 100_000; i++) {
      byte[] bytes = encode(ALL.get(random.nextInt(ALL.size())));
      for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
        bytes[4 + random.nextInt(bytes.length - 4)] = (byte) random.nextInt(256);
      }
      try {
        decode(sealed(bytes));
        understood++;
      } catch (MetadataFormatException expected) {
        assertThat(expected.getMessage()).isNotEmpty();
      }
    }
    assertThat(understood).isPositive();
  }
}
