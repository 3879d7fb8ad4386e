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
  private record Protocol(String name, byte[] metadata) {}

  private final List<Protocol> inOrder;
  private final Set<String> names;

  private MemberProtocols(List<Protocol> inOrder) {
    this.inOrder = List.copyOf(inOrder);
    Set<String> distinct = new LinkedHashSet<>();
    inOrder.forEach(protocol -> distinct.add(protocol.name));
    this.names = distinct;
  }

  /** As a member sent them. */
  static MemberProtocols of(JoinGroupRequestProtocolCollection sent) {
    List<Protocol> inOrder = new ArrayList<>(sent.size());
    for (JoinGroupRequestProtocol protocol : sent) {
      inOrder.add(new Protocol(protocol.name(), protocol.metadata()));
    }
    return new MemberProtocols(inOrder);
  }

  /** All that a record keeps of them: the one that was selected. */
  static MemberProtocols selected(String name, byte[] metadata) {
    return new MemberProtocols(List.of(new Protocol(name, metadata)));
  }

  /** Different names, in order. */
  Set<String> names() {
    return names;
  }

  /** The metadata for a protocol; null = the member does not speak it. */
  byte[] metadata(String name) {
    for (Protocol protocol : inOrder) {
      if (protocol.name.equals(name)) {
        return protocol.metadata;
      }
    }
    return null;
  }

  /** The same protocols in the same order, with the same metadata. */
  boolean matches(MemberProtocols other) {
    if (inOrder.size() != other.inOrder.size()) {
      return false;
    }
    for (int i = 0; i < inOrder.size(); i++) {
      Protocol mine = inOrder.get(i);
      Protocol theirs = other.inOrder.get(i);
      if (!mine.name.equals(theirs.name) || !Arrays.equals(mine.metadata, theirs.metadata)) {
        return false;
      }
    }
    return true;
  }
}
