package io.millrace.protocol.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class HandshakeTest {
  private static final ClusterSecret SECRET = ClusterSecret.of("swordfish");
  private static final PeerIdentity ONE = identity("A", 1);
  private static final PeerIdentity TWO = identity("A", 2);

  private PeerIdentity opener = ONE;
  private PeerIdentity taker = TWO;
  private PeerIdentity rival;
  private ClusterSecret secretOfOpener = SECRET;
  private ClusterSecret secretOfTaker = SECRET;
  private boolean ready = true;

  private static PeerIdentity identity(String clusterId, int nodeId) {
    return new PeerIdentity(clusterId, nodeId, new UUID(0, nodeId), new UUID(7, nodeId));
  }

  private static byte[] nonce(int fill) {
    byte[] nonce = new byte[Handshake.NONCE_BYTES];
    Arrays.fill(nonce, (byte) fill);
    return nonce;
  }

  private OpenerHandshake opening(int wanted) {
    return new OpenerHandshake(secretOfOpener, opener, PeerPurpose.REQUESTS, wanted, nonce(0x11));
  }

  private TakerHandshake taking(int nonce) {
    return new TakerHandshake(secretOfTaker, taker, nonce(nonce), who -> rival, purpose -> ready);
  }

  private static ByteBuffer frame(byte[] bytes) {
    return ByteBuffer.wrap(bytes);
  }

  private static void shake(OpenerHandshake from, TakerHandshake to) {
    byte[] challenge = to.onFrame(frame(from.hello()));
    byte[] proof = from.onFrame(frame(challenge));
    byte[] accepted = to.onFrame(frame(proof));
    assertThat(to.isComplete()).isTrue();
    assertThat(from.onFrame(frame(accepted))).isNull();
  }

  /** Hello, challenge, proof and accepted of one handshake. */
  private List<byte[]> messages() {
    OpenerHandshake from = opening(2);
    TakerHandshake to = taking(0x22);
    byte[] hello = from.hello();
    byte[] challenge = to.onFrame(frame(hello));
    byte[] proof = from.onFrame(frame(challenge));
    return List.of(hello, challenge, proof, to.onFrame(frame(proof)));
  }

  private void assertRefused(PeerRefusal refusal, ThrowingCallable step) {
    HandshakeException refused = catchThrowableOfType(HandshakeException.class, step);
    assertThat(refused).isNotNull();
    assertThat(refused.refusal()).isEqualTo(refusal);
    assertThat(refused).hasMessageNotContaining("swordfish");

    OpenerHandshake told = opening(taker.nodeId());
    assertThatThrownBy(() -> told.onFrame(frame(HandshakeCodec.refused(refused))))
        .isInstanceOf(HandshakeException.class)
        .hasMessage(refused.getMessage());
    assertThat(told.isRefusedByPeer()).isTrue();
  }

  @Test
  void shouldIntroduceTwoNodesOfOneCluster() {
    OpenerHandshake from = opening(2);
    TakerHandshake to = taking(0x22);

    shake(from, to);

    assertThat(from.isComplete()).isTrue();
    assertThat(from.peer()).isEqualTo(TWO);
    assertThat(to.peer()).isEqualTo(ONE);
    assertThat(to.purpose()).isEqualTo(PeerPurpose.REQUESTS);
  }

  @Test
  void shouldIntroduceNodesThatBelongToNoClusterYet() {
    opener = identity(null, 1);
    shake(opening(2), taking(0x22));

    taker = identity(null, 2);
    shake(opening(2), taking(0x22));
  }

  @Test
  void shouldIntroduceNodesWithoutSecret() {
    secretOfOpener = ClusterSecret.of(null);
    secretOfTaker = ClusterSecret.of("");

    shake(opening(2), taking(0x22));
  }

  @Test
  void shouldWriteTheseBytes() {
    List<byte[]> messages = messages();

    String openerId =
        "00000001" + "00000000000000000000000000000001" + "00000000000000070000000000000001";
    String takerId =
        "00000002" + "00000000000000000000000000000002" + "00000000000000070000000000000002";
    assertThat(hex(messages.get(0)))
        .isEqualTo(
            "4d525048"
                + "00"
                + "01"
                + "01"
                + "00000002"
                + "11".repeat(32)
                + openerId
                + "000141"
                + "00");
    assertThat(hex(messages.get(1)))
        .isEqualTo("4d525048" + "00" + "02" + "22".repeat(32) + takerId + "000141" + "00");
    assertThat(hex(messages.get(2)))
        .isEqualTo(
            "4d525048"
                + "00"
                + "03"
                + "1909182c6af041f2bf1a96497d4ee8772d824574344d328dfc45e25317deedcc"
                + "00");
    assertThat(hex(messages.get(3)))
        .isEqualTo(
            "4d525048"
                + "00"
                + "04"
                + "735417c2c6eea6afc29160bfa88dec3d1b228cc8c7c9f59c458dd758ac7cd650"
                + "00");
    assertThat(hex(HandshakeCodec.refused(new HandshakeException(PeerRefusal.NODE_ID_CLASH, "no"))))
        .isEqualTo("4d525048" + "00" + "05" + "0004" + "0002" + "6e6f" + "00");
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  @Test
  void shouldRefuseForeignClusterOnBothSides() {
    opener = identity("B", 1);
    assertRefused(
        PeerRefusal.FOREIGN_CLUSTER, () -> taking(0x22).onFrame(frame(opening(2).hello())));

    opener = ONE;
    byte[] hello = opening(2).hello();
    taker = identity("A", 2);
    byte[] challengeOfFriend = taking(0x22).onFrame(frame(hello));
    opener = identity("B", 1);
    assertRefused(PeerRefusal.FOREIGN_CLUSTER, () -> opening(2).onFrame(frame(challengeOfFriend)));
  }

  @Test
  void shouldRefuseOpenerWithAnotherSecret() {
    secretOfOpener = ClusterSecret.of("mackerel");
    OpenerHandshake from = opening(2);
    TakerHandshake to = taking(0x22);
    byte[] proof = from.onFrame(frame(to.onFrame(frame(from.hello()))));

    assertRefused(PeerRefusal.WRONG_SECRET, () -> to.onFrame(frame(proof)));
    assertThat(to.isComplete()).isFalse();
  }

  @Test
  void shouldRefuseOpenerWithoutSecret() {
    secretOfOpener = ClusterSecret.of(null);
    OpenerHandshake from = opening(2);
    TakerHandshake to = taking(0x22);
    byte[] proof = from.onFrame(frame(to.onFrame(frame(from.hello()))));

    assertRefused(PeerRefusal.WRONG_SECRET, () -> to.onFrame(frame(proof)));
  }

  @Test
  void shouldRefuseTakerThatDoesNotKnowTheSecret() {
    OpenerHandshake from = opening(2);
    from.onFrame(frame(taking(0x22).onFrame(frame(from.hello()))));
    byte[] guessed = HandshakeCodec.encode(new HandshakeMessage.Accepted(new byte[32]));

    assertRefused(PeerRefusal.WRONG_SECRET, () -> from.onFrame(frame(guessed)));
    assertThat(from.isComplete()).isFalse();
  }

  @Test
  void shouldRefuseOwnProofSentBack() {
    OpenerHandshake from = opening(2);
    byte[] proof = from.onFrame(frame(taking(0x22).onFrame(frame(from.hello()))));
    HandshakeMessage.Proof own = (HandshakeMessage.Proof) HandshakeCodec.decode(frame(proof));
    byte[] reflected = HandshakeCodec.encode(new HandshakeMessage.Accepted(own.proof()));

    assertRefused(PeerRefusal.WRONG_SECRET, () -> from.onFrame(frame(reflected)));
  }

  @Test
  void shouldRefuseProofOfAnEarlierConnection() {
    OpenerHandshake from = opening(2);
    byte[] hello = from.hello();
    byte[] proof = from.onFrame(frame(taking(0x22).onFrame(frame(hello))));

    TakerHandshake later = taking(0x23);
    later.onFrame(frame(hello));
    assertRefused(PeerRefusal.WRONG_SECRET, () -> later.onFrame(frame(proof)));
  }

  @Test
  void shouldRefuseProofForAnotherPurpose() {
    OpenerHandshake from = opening(2);
    byte[] proof = from.onFrame(frame(taking(0x22).onFrame(frame(from.hello()))));

    TakerHandshake other = taking(0x22);
    byte[] hello = from.hello();
    hello[6] = (byte) PeerPurpose.MESSAGES.id();
    other.onFrame(frame(hello));
    assertRefused(PeerRefusal.WRONG_SECRET, () -> other.onFrame(frame(proof)));
  }

  @Test
  void shouldRefuseSecondProcessUnderOneNodeId() {
    rival = new PeerIdentity("A", 1, new UUID(0, 99), new UUID(7, 99));
    assertProofRefused(PeerRefusal.NODE_ID_CLASH);

    rival = new PeerIdentity("A", 1, ONE.directoryId(), new UUID(7, 99));
    assertProofRefused(PeerRefusal.NODE_ID_CLASH);

    rival = ONE;
    shake(opening(2), taking(0x22));
  }

  @Test
  void shouldRefuseProcessUnderOwnNodeId() {
    taker = new PeerIdentity("A", 1, new UUID(0, 99), new UUID(7, 99));

    assertProofRefused(PeerRefusal.NODE_ID_CLASH);
  }

  @Test
  void shouldRefuseItself() {
    taker = ONE;

    assertProofRefused(PeerRefusal.SELF);
  }

  @Test
  void shouldRefuseWhileNotReady() {
    ready = false;

    assertProofRefused(PeerRefusal.NOT_READY);
  }

  private void assertProofRefused(PeerRefusal refusal) {
    OpenerHandshake from = opening(taker.nodeId());
    TakerHandshake to = taking(0x22);
    byte[] proof = from.onFrame(frame(to.onFrame(frame(from.hello()))));
    assertRefused(refusal, () -> to.onFrame(frame(proof)));
  }

  @Test
  void shouldRefuseAnotherNodeThanTheWantedOnBothSides() {
    assertRefused(PeerRefusal.WRONG_NODE, () -> taking(0x22).onFrame(frame(opening(3).hello())));

    byte[] challenge = taking(0x22).onFrame(frame(opening(2).hello()));
    assertRefused(PeerRefusal.WRONG_NODE, () -> opening(3).onFrame(frame(challenge)));
  }

  @Test
  void shouldRefuseUnknownVersion() {
    byte[] hello = opening(2).hello();
    hello[4] = 1;

    assertRefused(PeerRefusal.UNSUPPORTED_VERSION, () -> taking(0x22).onFrame(frame(hello)));
  }

  @Test
  void shouldUnderstandRefusalOfUnknownVersionAndCode() {
    byte[] refused =
        HandshakeCodec.refused(new HandshakeException(PeerRefusal.UNSUPPORTED_VERSION, "a\nb"));
    refused[4] = 9;
    refused[6] = 77;
    OpenerHandshake from = opening(2);

    assertRefused(PeerRefusal.UNKNOWN, () -> from.onFrame(frame(refused)));
    assertThatThrownBy(() -> opening(2).onFrame(frame(refused))).hasMessage("a b");
  }

  @Test
  void shouldSkipUnknownTaggedFields() {
    OpenerHandshake from = opening(2);
    byte[] hello = from.hello();
    byte[] tagged = Arrays.copyOf(hello, hello.length + 5);
    ByteBuffer.wrap(tagged, hello.length - 1, 6).put((byte) 1).put((byte) 9).putShort((short) 2);

    assertThat(taking(0x22).onFrame(frame(tagged))).isNotNull();
  }

  @Test
  void shouldRefuseWhatComesOutOfTurn() {
    OpenerHandshake from = opening(2);
    TakerHandshake to = taking(0x22);
    byte[] hello = from.hello();
    assertRefused(PeerRefusal.MALFORMED, () -> opening(2).onFrame(frame(hello)));
    byte[] challenge = to.onFrame(frame(hello));
    assertRefused(PeerRefusal.MALFORMED, () -> to.onFrame(frame(hello)));
    assertRefused(PeerRefusal.MALFORMED, () -> to.onFrame(frame(challenge)));
    byte[] proof = from.onFrame(frame(challenge));
    assertRefused(PeerRefusal.MALFORMED, () -> from.onFrame(frame(challenge)));
    assertRefused(PeerRefusal.MALFORMED, () -> taking(0x22).onFrame(frame(proof)));
    byte[] accepted = to.onFrame(frame(proof));
    assertRefused(PeerRefusal.MALFORMED, () -> opening(2).onFrame(frame(accepted)));
    assertRefused(PeerRefusal.MALFORMED, () -> to.onFrame(frame(proof)));
  }

  @Test
  void shouldRefuseEveryCutOfEveryMessage() {
    List<byte[]> messages = new ArrayList<>(messages());
    byte[] refused =
        HandshakeCodec.refused(new HandshakeException(PeerRefusal.NOT_READY, "come back later"));
    messages.add(refused);

    for (byte[] message : messages) {
      HandshakeCodec.decode(frame(message));
      for (int length = 0; length < message.length; length++) {
        byte[] cut = Arrays.copyOf(message, length);
        assertThatThrownBy(() -> HandshakeCodec.decode(frame(cut)))
            .isInstanceOf(HandshakeException.class);
      }
      byte[] longer = Arrays.copyOf(message, message.length + 1);
      assertThatThrownBy(() -> HandshakeCodec.decode(frame(longer)))
          .isInstanceOf(HandshakeException.class);
    }
  }

  @Test
  void shouldAnswerRandomBytesByNothingButRefusals() {
    Random random = new Random(9093);
    byte[] hello = opening(2).hello();
    for (int i = 0; i < 100_000; i++) {
      byte[] bytes;
      if (random.nextBoolean()) {
        bytes = new byte[random.nextInt(HandshakeCodec.MAX_FRAME_BYTES)];
        random.nextBytes(bytes);
        if (bytes.length > 6 && random.nextBoolean()) {
          System.arraycopy(hello, 0, bytes, 0, 5);
          bytes[5] = (byte) random.nextInt(7);
        }
      } else {
        bytes = hello.clone();
        bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
      }
      TakerHandshake to = taking(0x22);
      try {
        to.onFrame(frame(bytes));
      } catch (HandshakeException expected) {
        assertThat(HandshakeCodec.refused(expected).length)
            .isLessThanOrEqualTo(HandshakeCodec.MAX_FRAME_BYTES);
      }
      assertThat(to.isComplete()).isFalse();
    }
  }

  @Test
  void shouldNotShowTheSecret() {
    assertThat(SECRET.toString()).isEqualTo("[hidden]");
  }

  @Test
  void shouldRefuseClusterIdThatIsNoText() {
    byte[] hello = opening(2).hello();
    hello[hello.length - 2] = '\n';

    assertRefused(PeerRefusal.MALFORMED, () -> taking(0x22).onFrame(frame(hello)));
  }

  @Test
  void shouldRefuseIdentityThatDoesNotFitIntoAFrame() {
    String tooLong = "x".repeat(PeerIdentity.MAX_CLUSTER_ID_BYTES + 1);

    assertThatThrownBy(() -> identity(tooLong, 1)).isInstanceOf(IllegalArgumentException.class);
  }
}
