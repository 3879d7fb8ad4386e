package io.millrace.cluster.state;

import io.millrace.model.VoterId;
import io.millrace.quorum.Formation;
import io.millrace.simulation.SimulatedWorld;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * Up to seven nodes that start, crash, lose their disks and do not see each other, all from one
 * seed. After every event:
 *
 * <ul>
 *   <li><b>one signature</b>: no directory ever holds two proposals
 *   <li><b>all have signed</b>: a confirmed proposal was on the disk of every first voter
 *   <li><b>one cluster</b>: no two confirmed proposals have a first voter in common
 *   <li><b>told is durable</b>: no report says what is not on its sender's disk
 *   <li><b>none joins a dream</b>: who joined belongs to a cluster that was confirmed
 *   <li><b>no way back</b>: a wiped node is never a first voter by what it promised before
 * </ul>
 *
 * <p>Owner: the simulation's thread.
 */
final class FormationSimulation extends SimulatedWorld {
  private static final int PORT = 5701;

  /** What makes one run different from another. */
  enum Lists {
    EQUAL,
    REORDERED,
    OVERLAPPING
  }

  private final class Host {
    final int nodeId;
    List<String> seeds;
    final boolean mayVote;
    VoterId id;
    Formation disk;
    // null = down
    FormationRules rules;
    int run;
    List<Visible> view = List.of();

    Host(int nodeId, List<String> seeds, boolean mayVote) {
      this.nodeId = nodeId;
      this.seeds = seeds;
      this.mayVote = mayVote;
      this.id = new VoterId(nodeId, new UUID(random.nextLong(), random.nextLong()));
    }

    Visible visible() {
      return new Visible(id, mayVote, Set.of(address(nodeId)));
    }
  }

  private final List<Host> hosts = new ArrayList<>();

  /** Everything that was ever on the disk of a directory. */
  private final Map<VoterId, Formation> signedBy = new HashMap<>();

  private final Set<Formation> confirmed = new HashSet<>();
  private final List<Formation> joined = new ArrayList<>();
  private final Lists lists;
  private final List<String> common = new ArrayList<>();
  private boolean listsChanged;
  private long lastWriteMs;
  private long newIds;
  private double loss;
  private double duplication;
  private int maxDelayMs;

  /** Somebody waited, or may have waited, for the signature on a disk that was wiped. */
  private boolean signatureLost;

  /** Which side of a cut each node is on. */
  private final Map<Integer, Integer> side = new HashMap<>();

  FormationSimulation(Random random, boolean traced) {
    super(random, traced);
    int nodes = 1 + random.nextInt(7);
    lists = Lists.values()[random.nextInt(Lists.values().length)];
    int length = 1 + random.nextInt(nodes);
    for (int i = 1; i <= length; i++) {
      common.add(address(i));
    }
    Collections.shuffle(common, random);
    for (int i = 1; i <= nodes; i++) {
      hosts.add(new Host(i, seedsOf(i, nodes), random.nextInt(6) > 0));
    }
    loss = random.nextInt(3) * 0.2;
    duplication = random.nextInt(2) * 0.3;
    maxDelayMs = 1 + random.nextInt(3) * 400;
  }

  private List<String> seedsOf(int nodeId, int nodes) {
    List<String> seeds = new ArrayList<>(common);
    if (lists == Lists.REORDERED) {
      Collections.shuffle(seeds, random);
    } else if (lists == Lists.OVERLAPPING) {
      for (int i = 0; i < seeds.size(); i++) {
        if (random.nextInt(3) == 0) {
          seeds.set(i, address(1 + random.nextInt(nodes)));
        }
      }
      if (random.nextBoolean()) {
        seeds.add(random.nextInt(seeds.size() + 1), address(nodeId));
      }
    }
    return seeds.stream().distinct().toList();
  }

  private static String address(int nodeId) {
    return "10.0.0." + nodeId + ":" + PORT;
  }

  /** What a run came to. */
  record Outcome(Lists lists, int clusters, boolean signatureLost, boolean whole) {}

  Outcome run() {
    for (Host host : hosts) {
      after(random.nextInt(random.nextBoolean() ? 300 : 20_000), () -> start(host));
    }
    for (int i = random.nextInt(40); i > 0; i--) {
      after(random.nextInt(30_000), this::disturb);
    }
    runUntil(30_000);
    endFaults();
    trace("calm");
    hosts.forEach(this::start);
    hosts.forEach(this::see);
    for (long untilMs = 31_000; !settled(untilMs); untilMs += 1_000) {
      runUntil(untilMs);
    }
    boolean whole = checkLiveness();
    return new Outcome(lists, confirmed.size(), signatureLost, whole);
  }

  // ---- what nodes do

  private void start(Host host) {
    if (host.rules != null) {
      return;
    }
    int run = ++host.run;
    trace("start " + host.id + " with " + host.disk + ", seeds " + host.seeds);
    host.rules =
        new FormationRules(
            new FormationSelf(
                host.id,
                host.mayVote,
                new FirstVoters.Seeds(host.seeds),
                null,
                5_000,
                "/data/" + host.nodeId + "/formation"),
            host.disk,
            "cluster-" + newIds++,
            nowMs());
    for (Host each : hosts) {
      see(each);
    }
    tick(host, run);
  }

  private void tick(Host host, int run) {
    if (host.run == run && host.rules != null) {
      host.rules.tick(nowMs());
      carryOut(host);
      after(400, () -> tick(host, run));
    }
  }

  private void see(Host host) {
    if (host.rules == null) {
      return;
    }
    List<Visible> view = new ArrayList<>();
    for (Host other : hosts) {
      boolean same = side.getOrDefault(other.nodeId, 0).equals(side.getOrDefault(host.nodeId, 0));
      if (other == host || (other.rules != null && (isHealed() || same))) {
        view.add(other.visible());
      }
    }
    show(host, view);
  }

  private void show(Host host, List<Visible> view) {
    host.view = view;
    if (host.rules != null) {
      host.rules.onView(view, Map.of(), nowMs());
      carryOut(host);
    }
  }

  private void carryOut(Host host) {
    FormationReady ready = host.rules.ready();
    if (ready.persist() != null) {
      int run = host.run;
      Formation formation = ready.persist();
      boolean slow = !isHealed() && random.nextInt(4) == 0;
      after(
          slow ? random.nextInt(3_000) : random.nextInt(10),
          () -> {
            if (host.run != run) {
              return; // crashed before
            }
            if (!isHealed() && random.nextInt(8) == 0) {
              boolean onDisk = random.nextBoolean();
              trace("crash " + (onDisk ? "after" : "before") + " fsync " + host.id);
              if (onDisk) {
                write(host, formation);
              }
              crash(host);
              startLater(host);
              return;
            }
            write(host, formation);
            host.rules.onPersisted(formation, nowMs());
            carryOut(host);
          });
    }
    // The order of immutable sets is another one in each JVM.
    for (int nodeId : new TreeSet<>(ready.tell())) {
      send(host, nodeId, ready.report());
    }
  }

  private void write(Host host, Formation formation) {
    trace("disk of " + host.id + ": " + formation);
    lastWriteMs = nowMs();
    Formation before = host.disk;
    if (before != null && !before.isSameProposal(formation)) {
      throw new AssertionError("one signature: " + host.id + " " + before + ", then " + formation);
    }
    if (before != null && before.confirmed() && !formation.confirmed()) {
      throw new AssertionError("one signature: " + formation + " is not confirmed any more");
    }
    host.disk = formation;
    Formation proposal = new Formation(formation.clusterId(), formation.voters(), true);
    if (formation.voters().contains(host.id)) {
      signedBy.put(host.id, proposal);
    }
    if (formation.confirmed() && !formation.voters().contains(host.id)) {
      joined.add(proposal);
    } else if (formation.confirmed()) {
      if (!host.mayVote) {
        throw new AssertionError("all have signed: " + host.id + " may not vote");
      }
      for (VoterId voter : formation.voters()) {
        if (!proposal.equals(signedBy.get(voter))) {
          throw new AssertionError(
              "all have signed: " + voter + " has " + signedBy.get(voter) + ", not " + proposal);
        }
      }
      confirmed.add(proposal);
    }
    for (Formation one : confirmed) {
      for (Formation other : confirmed) {
        if (!one.equals(other) && one.voters().stream().anyMatch(other.voters()::contains)) {
          throw new AssertionError("one cluster: " + one + " and " + other);
        }
      }
    }
    for (Formation cluster : joined) {
      if (!confirmed.contains(cluster)) {
        throw new AssertionError("none joins a dream: " + cluster);
      }
    }
  }

  private void send(Host from, int to, FormationReport report) {
    if (!Objects.equals(report.signed(), from.disk)) {
      throw new AssertionError("told is durable: " + report + ", on the disk is " + from.disk);
    }
    if (!report.from().equals(from.id)) {
      throw new AssertionError("no way back: " + report + " of " + from.id);
    }
    ByteBuffer bytes = FormationReportCodec.encode(report);
    boolean cut =
        !side.getOrDefault(from.nodeId, 0).equals(side.getOrDefault(to, 0))
            && random.nextInt(10) > 0;
    int copies = !isHealed() && random.nextDouble() < duplication ? 2 : 1;
    for (int i = 0; i < copies; i++) {
      if (!isHealed() && (cut || random.nextDouble() < loss)) {
        continue;
      }
      // Some are very late.
      int delay = random.nextInt(random.nextInt(50) == 0 && !isHealed() ? 20_000 : maxDelayMs + 1);
      after(delay, () -> receive(to, bytes));
    }
  }

  private void receive(int to, ByteBuffer bytes) {
    Host host = hosts.get(to - 1);
    if (host.rules != null) {
      host.rules.onReport(FormationReportCodec.decode(bytes.duplicate()), nowMs());
      carryOut(host);
    }
  }

  // ---- what goes wrong

  private void crash(Host host) {
    trace("crash " + host.id);
    host.rules = null;
    host.run++;
  }

  private void startLater(Host host) {
    if (lists == Lists.OVERLAPPING && random.nextInt(3) == 0) {
      // Somebody corrects the settings, or makes them worse.
      listsChanged = true;
      host.seeds = seedsOf(host.nodeId, hosts.size());
    }
    after(random.nextInt(6_000), () -> start(host));
  }

  private void disturb() {
    if (isHealed()) {
      return;
    }
    Host host = hosts.get(random.nextInt(hosts.size()));
    switch (random.nextInt(8)) {
      case 0, 1 -> {
        crash(host);
        startLater(host);
      }
      case 2 -> {
        if (random.nextInt(4) == 0) {
          crash(host);
          signatureLost |= hosts.stream().anyMatch(other -> countsOn(other.disk, host.id));
          trace("wipe " + host.id);
          host.disk = null;
          host.id = new VoterId(host.nodeId, new UUID(random.nextLong(), random.nextLong()));
          startLater(host);
        }
      }
      case 3, 4 -> {
        int sides = 1 + random.nextInt(3);
        hosts.forEach(each -> side.put(each.nodeId, random.nextInt(sides)));
        trace("split " + side);
        hosts.forEach(this::see);
      }
      case 5 -> {
        side.clear();
        hosts.forEach(this::see);
      }
      case 6 -> {
        // A view that is partial, and names nodes that are not up.
        List<Visible> view = new ArrayList<>(List.of(host.visible()));
        hosts.stream()
            .filter(other -> other != host && random.nextBoolean())
            .forEach(other -> view.add(other.visible()));
        show(host, view);
      }
      default -> {
        // A view of the past.
        List<Visible> view = host.view;
        after(
            random.nextInt(4_000),
            () -> {
              if (!isHealed()) {
                show(host, view);
              }
            });
      }
    }
  }

  private boolean countsOnTheGone(Formation disk) {
    Set<VoterId> ids = hosts.stream().map(host -> host.id).collect(Collectors.toSet());
    return disk != null && !disk.confirmed() && !ids.containsAll(disk.voters());
  }

  private static boolean countsOn(Formation disk, VoterId voter) {
    return disk != null && !disk.confirmed() && disk.voters().contains(voter);
  }

  // ---- the end

  /** Everybody is in a cluster, or there was time enough for it and nothing happens any more. */
  private boolean settled(long untilMs) {
    return untilMs > 90_000
        || (untilMs > 50_000 && nowMs() - lastWriteMs > 10_000)
        || hosts.stream().allMatch(host -> host.rules.formed() != null);
  }

  /** Whether all nodes are in one cluster; fails if they should be and are not. */
  private boolean checkLiveness() {
    Set<String> clusters = new HashSet<>();
    boolean all = true;
    for (Host host : hosts) {
      Formation formed = host.rules.formed();
      if (formed == null) {
        all = false;
        if (host.rules.reasons().isEmpty()) {
          throw new AssertionError("waits and does not say for what: " + host.id);
        }
      } else {
        clusters.add(formed.clusterId());
      }
    }
    signatureLost |= hosts.stream().anyMatch(host -> countsOnTheGone(host.disk));
    boolean whole = all && clusters.size() == 1;
    if (!whole && mustBeWhole()) {
      throw new AssertionError("liveness");
    }
    if (!all && signatureLost && hosts.stream().noneMatch(this::saysWhatToDo)) {
      throw new AssertionError("stuck, and nobody says what to do");
    }
    return whole;
  }

  /**
   * All agree on the first voters, none of these lost its disk between signing and knowing, and no
   * cluster was lost whole.
   */
  private boolean mustBeWhole() {
    Set<Set<VoterId>> expected = new HashSet<>();
    List<Visible> everybody = hosts.stream().map(Host::visible).toList();
    for (Host host : hosts) {
      FirstVoters list = new FirstVoters.Seeds(host.seeds);
      expected.add(list.among(host.id, everybody, Map.of()).voters());
    }
    return expected.size() == 1
        && !expected.contains(Set.<VoterId>of())
        && !signatureLost
        && !listsChanged
        && confirmed.size() <= 1;
  }

  private boolean saysWhatToDo(Host host) {
    return host.rules.reasons().stream()
        .anyMatch(
            reason ->
                reason.contains("delete the file /data/" + host.nodeId + "/formation")
                    || reason.contains("same cluster.seeds")
                    || reason.contains("may vote"));
  }

  @Override
  public String toString() {
    return hosts.stream()
        .map(
            host ->
                "\n"
                    + host.id
                    + " "
                    + host.seeds
                    + (host.mayVote ? "" : " (broker)")
                    + ": "
                    + host.disk
                    + "; "
                    + (host.rules == null ? "down" : host.rules.reasons()))
        .collect(Collectors.joining());
  }
}
