package io.millrace.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cluster.state.SeedAddresses;
import io.millrace.config.Seed;
import io.millrace.log.MetaProperties;
import io.millrace.log.SystemFileIo;
import io.millrace.model.Clock;
import io.millrace.model.VoterId;
import io.millrace.quorum.Formation;
import io.millrace.quorum.FormationFile;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Drivers with files of their own that reach each other without a network. */
class ClusterFormationTest {
  private static final List<String> THREE = List.of("h1", "h2", "h3");

  @TempDir Path root;
  private final Vertx vertx = Vertx.vertx();
  private final Map<Integer, Node> nodes = new HashMap<>();

  @AfterEach
  void close() {
    await(vertx.close());
  }

  /** A node that is there: a member, and reached by messages. */
  private final class Node implements Membership {
    private final Member self;
    private final ClusterFormation formation;
    private final List<Consumer<MembershipChange>> subscribers = new CopyOnWriteArrayList<>();
    private final BlockingQueue<Integer> told = new LinkedBlockingQueue<>();
    private Future<Formation> formed;

    private Node(
        int nodeId, UUID directoryId, List<String> seeds, List<String> roles, Formation grown) {
      self =
          new Member(
              UUID.randomUUID(),
              nodeId,
              directoryId,
              roles,
              new Address("127.0.0.1", 9093),
              new Address("10.0.0." + nodeId, 5701),
              UUID.randomUUID(),
              0);
      Path directory = root.resolve("node-" + nodeId);
      List<Seed> parsed = seeds.stream().map(seed -> Seed.parse(seed, 5701)).toList();
      FormationConfig config =
          new FormationConfig(
              self.voterId(),
              self.mayVote(),
              FormationConfig.firstVoters(new Discovery.Seeds(parsed)),
              null,
              0,
              directory,
              grown);
      ClusterFormation.Ports ports =
          new ClusterFormation.Ports(
              this,
              this::tell,
              new FormationFiles(vertx, SystemFileIo.INSTANCE, directory),
              (names, port) -> Future.succeededFuture(lookUp(names)),
              Clock.SYSTEM);
      formation = new ClusterFormation(vertx, config, ports, "cluster-of-" + nodeId);
    }

    private Map<String, SeedAddresses> lookUp(Iterable<String> names) {
      Map<String, SeedAddresses> found = new HashMap<>();
      names.forEach(
          name -> found.put(name, new SeedAddresses(Set.of(name.replace("h", "10.0.0.")), false)));
      return found;
    }

    private void tell(int nodeId, ByteBuffer message) {
      told.add(nodeId);
      Node other;
      synchronized (nodes) {
        other = nodes.get(nodeId);
      }
      if (other != null) {
        other.formation.receive(self.nodeId(), self.directoryId(), message);
      }
    }

    @Override
    public Member self() {
      return self;
    }

    @Override
    public List<Member> members() {
      synchronized (nodes) {
        return nodes.values().stream().map(node -> node.self).toList();
      }
    }

    @Override
    public void subscribe(Consumer<MembershipChange> subscriber) {
      subscribers.add(subscriber);
    }

    @Override
    public List<String> refusals() {
      return List.of();
    }

    @Override
    public LiveMaps live() {
      throw new UnsupportedOperationException();
    }

    @Override
    public Future<Void> close() {
      synchronized (nodes) {
        nodes.remove(self.nodeId());
      }
      return formation.close();
    }
  }

  private static <T> T await(Future<T> future) {
    CompletableFuture<T> done = future.toCompletionStage().toCompletableFuture();
    return done.orTimeout(30, TimeUnit.SECONDS).join();
  }

  private Node start(
      int nodeId, UUID directoryId, List<String> seeds, List<String> roles, Formation grown) {
    Node node = new Node(nodeId, directoryId, seeds, roles, grown);
    List<Node> others;
    synchronized (nodes) {
      nodes.put(nodeId, node);
      others = new ArrayList<>(nodes.values());
    }
    node.formed = node.formation.start();
    for (Node each : others) {
      MembershipChange change = new MembershipChange.Joined(node.self, each.members());
      each.subscribers.forEach(subscriber -> subscriber.accept(change));
    }
    return node;
  }

  private Node start(int nodeId, List<String> seeds) {
    return start(
        nodeId, MetaProperties.newDirectoryId(), seeds, List.of("broker", "controller"), null);
  }

  private Path file(int nodeId) {
    return root.resolve("node-" + nodeId).resolve(FormationFile.NAME);
  }

  @Test
  void shouldFormOneClusterOfThreeVotersOutOfSevenNodes() throws IOException {
    List<String> seeds = List.of("h1", "h2", "h3", "h4", "h5", "h6", "h7");
    List<Node> all = new ArrayList<>();
    for (int nodeId : List.of(5, 2, 7, 1, 6, 4, 3)) {
      all.add(start(nodeId, seeds));
    }
    Formation formed = await(all.get(0).formed);
    assertThat(formed.voters()).extracting(VoterId::nodeId).containsExactlyInAnyOrder(1, 2, 3);
    for (Node node : all) {
      assertThat(await(node.formed)).isEqualTo(formed);
      assertThat(FormationFile.read(file(node.self.nodeId()).getParent())).isEqualTo(formed);
      assertThat(node.formation.reasons()).isEmpty();
    }
  }

  @Test
  void shouldCompleteTheSameProposalAfterACrash() throws IOException {
    Node one = start(1, THREE);
    Node two = start(2, THREE);
    UUID third = MetaProperties.newDirectoryId();
    Set<VoterId> voters = Set.of(one.self.voterId(), two.self.voterId(), new VoterId(3, third));
    Formation signed = new Formation("signed-before", voters, false);
    FormationFile.write(SystemFileIo.INSTANCE, file(3).getParent(), signed);

    Node three = start(3, third, THREE, List.of("controller"), null);

    assertThat(await(three.formed)).isEqualTo(signed.confirm());
    assertThat(await(one.formed)).isEqualTo(signed.confirm());
    assertThat(await(two.formed)).isEqualTo(signed.confirm());
  }

  @Test
  void shouldJoinAClusterOfOneThatWasAloneUntilNow() throws IOException {
    UUID directory = MetaProperties.newDirectoryId();
    Formation alone = new Formation("old", Set.of(new VoterId(1, directory)), true);
    Node two = start(2, THREE);
    Node three = start(3, THREE);

    Node one = start(1, directory, THREE, List.of("broker", "controller"), alone);

    assertThat(await(one.formed)).isEqualTo(alone);
    assertThat(await(two.formed)).isEqualTo(alone);
    assertThat(await(three.formed)).isEqualTo(alone);
    assertThat(file(1)).doesNotExist();
    assertThat(Files.readString(file(2))).contains("clusterId=old", "confirmed=true");
  }

  @Test
  void shouldTakeAWipedVoterForANewNode() {
    Node one = start(1, THREE);
    Node two = start(2, THREE);
    Node three = start(3, THREE);
    Formation formed = await(one.formed);
    await(two.formed);
    await(three.formed);
    await(three.close());
    assertThat(file(3).toFile().delete()).isTrue();

    Node wiped = start(3, THREE);

    assertThat(await(wiped.formed)).isEqualTo(formed);
    assertThat(formed.voters()).doesNotContain(wiped.self.voterId());
  }

  @Test
  void shouldSayWhatItWaitsFor() {
    Node one = start(1, THREE);
    start(2, THREE);
    CompletableFuture<List<String>> said = new CompletableFuture<>();
    vertx.setPeriodic(
        10,
        ignored -> {
          List<String> reasons = one.formation.reasons();
          if (reasons.toString().contains("h3:5701") && !reasons.toString().contains("h2")) {
            said.complete(reasons);
          }
        });
    assertThat(said.orTimeout(30, TimeUnit.SECONDS).join())
        .containsExactly("the seed h3:5701 is not there yet");
  }

  @Test
  void shouldFailWhenItIsClosedWhileItWaits() {
    Node one = start(1, THREE);
    await(one.close());
    assertThat(one.formed.failed()).isTrue();
  }

  /** Who is of another cluster is found out by the handshake, so they have to speak. */
  @Test
  void shouldGreetNewMembersWhenItIsInAClusterAlready() throws InterruptedException {
    UUID directory = MetaProperties.newDirectoryId();
    Formation formed = new Formation("old", Set.of(new VoterId(1, directory)), true);
    Node one = start(1, directory, List.of("h1"), List.of("broker", "controller"), formed);
    await(one.formed);
    Node silent =
        new Node(2, MetaProperties.newDirectoryId(), List.of("h2"), List.of("broker"), null);

    MembershipChange change =
        new MembershipChange.Joined(silent.self, List.of(one.self, silent.self));
    one.subscribers.forEach(subscriber -> subscriber.accept(change));

    assertThat(one.told.poll(30, TimeUnit.SECONDS)).isEqualTo(2);
  }

  @Test
  void shouldFailWhenItsDiskFails() throws IOException {
    Files.writeString(root.resolve("node-1"), "not a directory");
    Node one = start(1, List.of("h1"));
    assertThat(
            one.formed
                .toCompletionStage()
                .toCompletableFuture()
                .handle((formed, failure) -> failure)
                .orTimeout(30, TimeUnit.SECONDS)
                .join())
        .isInstanceOf(IOException.class);
    assertThat(one.formation.reasons().get(0)).contains("node-1");
  }

  @Test
  void shouldDropWhatIsNoReport() {
    Node one = start(1, THREE);
    one.formation.receive(2, UUID.randomUUID(), ByteBuffer.wrap(new byte[] {9, 9, 9}));
    one.formation.receive(2, UUID.randomUUID(), ByteBuffer.allocate(0));
    start(2, THREE);
    start(3, THREE);
    assertThat(await(one.formed).voters()).hasSize(3);
  }
}
