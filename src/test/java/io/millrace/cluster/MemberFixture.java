package io.millrace.cluster;

import io.millrace.model.VoterId;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/** Members for tests of rules. */
public final class MemberFixture {
  private MemberFixture() {}

  /** A member whose ids all follow from its node id. */
  public static Member member(int nodeId) {
    return member(nodeId, nodeId, nodeId);
  }

  /** The voters that the members of these node ids are. */
  public static Set<VoterId> voterIds(int... nodeIds) {
    return Arrays.stream(nodeIds)
        .mapToObj(nodeId -> member(nodeId).voterId())
        .collect(Collectors.toSet());
  }

  /** A member of a certain membership and log directory. */
  public static Member member(int nodeId, int membership, int directory) {
    return new Member(
        new UUID(1, membership),
        nodeId,
        new UUID(2, directory),
        List.of("broker", "controller"),
        new Address("10.0.0." + nodeId, 9093),
        new Address("10.0.0." + nodeId, 5701),
        new UUID(3, membership),
        0);
  }
}
