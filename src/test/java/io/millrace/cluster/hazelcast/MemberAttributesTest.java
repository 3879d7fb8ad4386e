package io.millrace.cluster.hazelcast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.hazelcast.cluster.impl.MemberImpl;
import com.hazelcast.version.MemberVersion;
import io.millrace.cluster.Address;
import io.millrace.cluster.Discovery;
import io.millrace.cluster.Member;
import io.millrace.cluster.MembershipConfig;
import io.millrace.protocol.peer.ClusterSecret;
import java.net.UnknownHostException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class MemberAttributesTest {
  private static final UUID MEMBERSHIP = new UUID(6, 6);

  private static final MembershipConfig CONFIG =
      new MembershipConfig(
          "test",
          7,
          new UUID(7, 7),
          List.of("broker", "controller"),
          new Address("10.0.0.7", 9093),
          "10.0.0.7",
          5701,
          Discovery.Multicast.DEFAULT,
          new UUID(8, 7),
          1_000,
          ClusterSecret.of(null));

  private static Member read(Map<String, String> attributes) throws UnknownHostException {
    return MemberAttributes.read(
        new MemberImpl.Builder(new com.hazelcast.cluster.Address("10.0.0.7", 5701))
            .uuid(MEMBERSHIP)
            .version(MemberVersion.UNKNOWN)
            .attributes(attributes)
            .build());
  }

  @Test
  void shouldReadWhatANodeTells() throws UnknownHostException {
    assertThat(read(MemberAttributes.of(CONFIG)))
        .isEqualTo(
            new Member(
                MEMBERSHIP,
                7,
                new UUID(7, 7),
                List.of("broker", "controller"),
                new Address("10.0.0.7", 9093),
                new Address("10.0.0.7", 5701),
                new UUID(8, 7),
                1_000));
  }

  @Test
  void shouldOverlookWhatOtherVersionsTellBesides() throws UnknownHostException {
    Map<String, String> attributes = new HashMap<>(MemberAttributes.of(CONFIG));
    attributes.put("millrace.first.voters", "10.0.0.7:5701");

    assertThat(read(attributes)).isEqualTo(read(MemberAttributes.of(CONFIG)));
  }

  @Test
  void shouldNotTakeAnotherMemberForANode() {
    assertThatThrownBy(() -> read(Map.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("it has no attribute millrace.node.id");
  }
}
