package io.millrace.coordinator.group;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.message.JoinGroupRequestData.JoinGroupRequestProtocol;
import org.apache.kafka.common.message.JoinGroupRequestData.JoinGroupRequestProtocolCollection;

/**
 * The protocols that a member speaks, its favourite first, each with the member's metadata: for
 * consumers the assignors and, in each metadata, the subscription.
 *
 * <p>Owner: immutable; nobody changes the arrays.
 */
final class MemberProtocols {
  // Side by side: the metadata of each name.
  private final List<String> inOrder;
  private final List<byte[]> metadata;
  private final Set<String> names;

  private MemberProtocols(List<String> inOrder, List<byte[]> metadata) {
    this.inOrder = List.copyOf(inOrder);
    this.metadata = List.copyOf(metadata);
    this.names = new LinkedHashSet<>(inOrder);
  }

  /** As a member sent them. */
  static MemberProtocols of(JoinGroupRequestProtocolCollection sent) {
    List<String> inOrder = new ArrayList<>(sent.size());
    List<byte[]> metadata = new ArrayList<>(sent.size());
    for (JoinGroupRequestProtocol protocol : sent) {
      inOrder.add(protocol.name());
      metadata.add(protocol.metadata());
    }
    return new MemberProtocols(inOrder, metadata);
  }

  /** All that a record keeps of them: the one that was selected. */
  static MemberProtocols selected(String name, byte[] metadata) {
    return new MemberProtocols(List.of(name), List.of(metadata));
  }

  /** Different names, in order. */
  Set<String> names() {
    return names;
  }

  /** The metadata for a protocol; null = the member does not speak it. */
  byte[] metadata(String name) {
    int at = inOrder.indexOf(name);
    return at < 0 ? null : metadata.get(at);
  }

  /** The same protocols in the same order, with the same metadata. */
  boolean matches(MemberProtocols other) {
    if (!inOrder.equals(other.inOrder)) {
      return false;
    }
    for (int i = 0; i < metadata.size(); i++) {
      if (!Arrays.equals(metadata.get(i), other.metadata.get(i))) {
        return false;
      }
    }
    return true;
  }
}
