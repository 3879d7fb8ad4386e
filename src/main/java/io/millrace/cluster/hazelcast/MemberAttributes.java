package io.millrace.cluster.hazelcast;

import io.millrace.cluster.Address;
import io.millrace.cluster.Member;
import io.millrace.cluster.MembershipConfig;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * What a node tells the others about itself, as attributes of its Hazelcast member: texts that are
 * fixed for the member's life and arrive together with it. Those that another version has besides
 * do not matter.
 *
 * <p>Owner: immutable.
 */
final class MemberAttributes {
  private static final String NODE_ID = "millrace.node.id";
  private static final String DIRECTORY_ID = "millrace.directory.id";
  private static final String ROLES = "millrace.roles";
  private static final String INTERNAL_HOST = "millrace.internal.host";
  private static final String INTERNAL_PORT = "millrace.internal.port";
  private static final String INCARNATION = "millrace.incarnation";
  private static final String STARTED_MS = "millrace.started.ms";

  private MemberAttributes() {}

  static Map<String, String> of(MembershipConfig config) {
    Map<String, String> attributes = new HashMap<>();
    attributes.put(NODE_ID, Integer.toString(config.nodeId()));
    attributes.put(DIRECTORY_ID, config.directoryId().toString());
    attributes.put(ROLES, String.join(",", config.roles()));
    attributes.put(INTERNAL_HOST, config.internalAddress().host());
    attributes.put(INTERNAL_PORT, Integer.toString(config.internalAddress().port()));
    attributes.put(INCARNATION, config.incarnation().toString());
    attributes.put(STARTED_MS, Long.toString(config.startedMs()));
    return attributes;
  }

  /**
   * The node behind a Hazelcast member.
   *
   * @throws IllegalArgumentException if it is none of Millrace, or of a version that says less
   */
  static Member read(com.hazelcast.cluster.Member member) {
    return new Member(
        member.getUuid(),
        Integer.parseInt(attribute(member, NODE_ID)),
        UUID.fromString(attribute(member, DIRECTORY_ID)),
        list(attribute(member, ROLES)),
        new Address(
            attribute(member, INTERNAL_HOST), Integer.parseInt(attribute(member, INTERNAL_PORT))),
        new Address(member.getAddress().getHost(), member.getAddress().getPort()),
        UUID.fromString(attribute(member, INCARNATION)),
        Long.parseLong(attribute(member, STARTED_MS)));
  }

  private static String attribute(com.hazelcast.cluster.Member member, String name) {
    String value = member.getAttribute(name);
    if (value == null) {
      throw new IllegalArgumentException("it has no attribute " + name);
    }
    return value;
  }

  private static List<String> list(String text) {
    return text.isEmpty() ? List.of() : List.of(text.split(",", -1));
  }
}
