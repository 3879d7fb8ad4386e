package io.millrace.protocol.peer;

/**
 * What both sides of a handshake refuse, and what they say then.
 *
 * <p>Owner: any thread.
 */
final class HandshakeChecks {
  private HandshakeChecks() {}

  static void cluster(PeerIdentity opener, PeerIdentity taker) {
    if (!opener.fits(taker)) {
      throw new HandshakeException(
          PeerRefusal.FOREIGN_CLUSTER,
          name(opener)
              + " and "
              + name(taker)
              + " belong to different clusters: correct cluster.seeds of the one that is wrong; a"
              + " node changes its cluster only with empty log directories");
    }
  }

  static HandshakeException wrongNode(int wanted, int found) {
    return new HandshakeException(
        PeerRefusal.WRONG_NODE,
        "this is node " + found + ", not node " + wanted + ", whose address has changed");
  }

  static HandshakeException wrongSecret(PeerIdentity opener, PeerIdentity taker) {
    return new HandshakeException(
        PeerRefusal.WRONG_SECRET,
        "node "
            + opener.nodeId()
            + " and node "
            + taker.nodeId()
            + " have not the same cluster.secret: set the same on all nodes, or on none");
  }

  static HandshakeException clash(PeerIdentity late, PeerIdentity rival) {
    String how =
        late.directoryId().equals(rival.directoryId())
            ? "on a copy of the same log directory, " + late.directoryId()
            : "with log directory " + rival.directoryId() + ", not " + late.directoryId();
    return new HandshakeException(
        PeerRefusal.NODE_ID_CLASH,
        "another process is alive as node "
            + late.nodeId()
            + " "
            + how
            + ": give one of them another node.id, or stop it");
  }

  static HandshakeException self(PeerIdentity own) {
    return new HandshakeException(
        PeerRefusal.SELF, "node " + own.nodeId() + " has connected to itself");
  }

  static HandshakeException outOfTurn(HandshakeMessage message) {
    return new HandshakeException(
        PeerRefusal.MALFORMED,
        message.getClass().getSimpleName() + " comes out of turn in a handshake");
  }

  private static String name(PeerIdentity who) {
    return "node " + who.nodeId() + " (cluster " + who.clusterId() + ")";
  }
}
