package io.millrace.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.ManualClock;
import io.millrace.protocol.peer.PeerIdentity;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class ConnectedPeersTest {
  private static final PeerIdentity FIRST = run(1);
  private static final PeerIdentity SECOND = run(2);

  private final ManualClock clock = new ManualClock(-5);
  private final ConnectedPeers peers = new ConnectedPeers(clock, true);

  private static PeerIdentity run(int incarnation) {
    return new PeerIdentity("A", 7, new UUID(0, 7), new UUID(1, incarnation));
  }

  @Test
  void shouldKnowARivalWhileTheFirstOneIsConnected() {
    peers.add(FIRST);
    peers.add(FIRST);
    peers.remove(FIRST);

    assertThat(peers.rivalOf(FIRST)).isNull();
    assertThat(peers.rivalOf(SECOND)).isEqualTo(FIRST);
    assertThat(peers.isConnected(7, FIRST.incarnationId())).isTrue();
    assertThat(peers.isConnected(7, SECOND.incarnationId())).isFalse();
  }

  @Test
  void shouldForgetAProcessWithItsLastConnection() {
    peers.add(FIRST);
    peers.remove(FIRST);

    assertThat(peers.rivalOf(SECOND)).isNull();
    assertThat(peers.isConnected(7)).isFalse();
  }

  @Test
  void shouldKnowAProcessThatJoinsAClusterAsTheSame() {
    peers.add(new PeerIdentity(null, 7, new UUID(0, 7), FIRST.incarnationId()));

    assertThat(peers.rivalOf(FIRST)).isNull();
  }

  @Test
  void shouldOnlyTrustWhatWasHeardLatelyWhenNobodyWatchesTheConnections() {
    ConnectedPeers unwatched = new ConnectedPeers(clock, false);
    unwatched.add(FIRST);
    clock.advanceNanos(ConnectedPeers.LATELY_NANOS - 1);
    unwatched.onHeard(FIRST);
    clock.advanceNanos(ConnectedPeers.LATELY_NANOS - 1);
    assertThat(unwatched.rivalOf(SECOND)).isEqualTo(FIRST);

    clock.advanceNanos(1);
    assertThat(unwatched.rivalOf(SECOND)).isNull();
  }
}
