package io.millrace.cluster;

import io.millrace.client.RepeatedWarnings;
import io.millrace.cluster.state.FirstVoters;
import io.millrace.cluster.state.FormationReady;
import io.millrace.cluster.state.FormationReport;
import io.millrace.cluster.state.FormationReportCodec;
import io.millrace.cluster.state.FormationRules;
import io.millrace.cluster.state.SeedAddresses;
import io.millrace.cluster.state.Visible;
import io.millrace.model.Clock;
import io.millrace.model.VoterId;
import io.millrace.quorum.Formation;
import io.vertx.core.AsyncResult;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes this node part of a cluster: carries between {@link FormationRules}, the membership, the
 * other nodes and the disk, and decides nothing. Once the node belongs to a cluster it only answers
 * those that do not.
 *
 * <p>Owner: formation context; what is public, any thread.
 */
public final class ClusterFormation {
  private static final Logger LOG = LoggerFactory.getLogger(ClusterFormation.class);

  private static final long TICK_MS = 250;
  private static final long LOOK_UP_AGAIN_MS = 5_000;

  /** What passes within this time is not worth a line. */
  private static final long SAY_FIRST_MS = 2_000;

  private static final long SAY_NEWS_MS = 5_000;
  private static final long SAY_AGAIN_MS = 30_000;

  private static final List<String> READING = List.of("reading what this node has signed");

  /**
   * What it works with.
   *
   * <p>Owner: immutable.
   */
  public record Ports(
      Membership membership,
      FormationMessages messages,
      FormationStore store,
      SeedLookup lookup,
      Clock clock) {}

  private final Vertx vertx;
  private final Context home;
  private final FormationConfig config;
  private final Ports ports;
  private final String newClusterId;
  private final Promise<Formation> formed = Promise.promise();
  private final RepeatedWarnings warnings = new RepeatedWarnings(LOG);

  /** null before the disk is read, and after it failed. */
  private FormationRules rules;

  private List<Member> members = List.of();
  private Map<String, SeedAddresses> looked = Map.of();
  private boolean looking;
  private long lookedAtMs;
  private long timer = -1;
  private Future<Void> writing = Future.succeededFuture();
  private boolean closed;

  /** Whether there was nothing on the disk at the start. */
  private boolean joining;

  private long saidAtMs;
  private List<String> said = List.of();
  private volatile List<String> reasons = READING;

  /**
   * A node that has not begun yet.
   *
   * @param newClusterId a random cluster id, for the case that this node proposes
   */
  public ClusterFormation(Vertx vertx, FormationConfig config, Ports ports, String newClusterId) {
    this.vertx = vertx;
    this.home = vertx.getOrCreateContext();
    this.config = config;
    this.ports = ports;
    this.newClusterId = newClusterId;
  }

  /**
   * Begins.
   *
   * @return completes when the node belongs to a cluster, which may take until somebody starts the
   *     other nodes: only then may it vote, if it is among the voters. Fails if its disk fails
   */
  public Future<Formation> start() {
    home.runOnContext(
        ignored -> ports.store().read().onComplete(read -> home.runOnContext(any -> onRead(read))));
    return formed.future();
  }

  /** For people: what the node waits for before it belongs to a cluster; empty = nothing. */
  public List<String> reasons() {
    return reasons;
  }

  /** A message of another node, who has proved to be it. */
  public void receive(int nodeId, UUID directoryId, ByteBuffer message) {
    home.runOnContext(ignored -> onMessage(new VoterId(nodeId, directoryId), message));
  }

  /** Ends; what is being written is on the disk, or is not, when it completes. */
  public Future<Void> close() {
    Promise<Void> done = Promise.promise();
    home.runOnContext(
        ignored -> {
          closed = true;
          vertx.cancelTimer(timer);
          formed.tryFail("The node stops before it belongs to a cluster");
          writing.onComplete(any -> done.complete());
        });
    return done.future();
  }

  private long nowMs() {
    return TimeUnit.NANOSECONDS.toMillis(ports.clock().nanos());
  }

  private void onRead(AsyncResult<Formation> read) {
    if (closed) {
      return;
    }
    if (read.failed()) {
      fail("Cannot read what this node has signed", read.cause());
      return;
    }
    Formation durable = read.result() == null ? config.grown() : read.result();
    joining = durable == null;
    saidAtMs = nowMs() - SAY_AGAIN_MS + SAY_FIRST_MS;
    rules = new FormationRules(config.self(), durable, newClusterId, nowMs());
    if (rules.formed() != null) {
      carryOut();
    } else {
      timer = vertx.setPeriodic(TICK_MS, ignored -> tick());
    }
    ports.membership().subscribe(change -> home.runOnContext(any -> onMembers(change.members())));
    onMembers(ports.membership().members());
  }

  private void onMembers(List<Member> now) {
    members = now;
    if (waits()) {
      lookUp();
      view();
    } else if (rules != null && !closed) {
      // Nodes of two clusters whose seeds meet would never speak to each other, and nobody would
      // be told: the handshake finds out, and says so at both ends.
      view();
    }
  }

  private boolean waits() {
    return rules != null && !closed && rules.formed() == null;
  }

  private void tick() {
    if (waits()) {
      if (nowMs() - lookedAtMs >= LOOK_UP_AGAIN_MS) {
        lookUp();
      }
      rules.tick(nowMs());
      carryOut();
      say();
    }
  }

  private void view() {
    List<Visible> visible = new ArrayList<>();
    for (Member member : members) {
      String name = name(member);
      Set<String> addresses = new HashSet<>(Set.of(name));
      SeedAddresses found = looked.get(name);
      if (found != null) {
        addresses.addAll(found.addresses());
      }
      visible.add(new Visible(member.voterId(), member.mayVote(), addresses));
    }
    rules.onView(visible, looked, nowMs());
    carryOut();
  }

  private static String name(Member member) {
    return member.clusterAddress().toString().toLowerCase(Locale.ROOT);
  }

  private void lookUp() {
    if (looking) {
      return;
    }
    looking = true;
    lookedAtMs = nowMs();
    Set<String> names = new HashSet<>();
    members.forEach(member -> names.add(name(member)));
    if (config.firstVoters() instanceof FirstVoters.Seeds seeds) {
      names.addAll(seeds.names());
    }
    ports
        .lookup()
        .lookUp(names, ports.membership().self().clusterAddress().port())
        .onComplete(
            found ->
                home.runOnContext(
                    ignored -> {
                      looking = false;
                      if (found.failed()) {
                        LOG.warn("Cannot look up {}", names, found.cause());
                      } else if (waits()) {
                        looked = found.result();
                        view();
                      }
                    }));
  }

  private void onMessage(VoterId from, ByteBuffer message) {
    if (rules == null || closed) {
      return;
    }
    FormationReport report;
    try {
      report = FormationReportCodec.decode(message);
      if (!report.from().equals(from)) {
        throw new IllegalArgumentException("It says that it is of " + report.from());
      }
    } catch (IllegalArgumentException e) {
      warnings.warn(
          "malformed " + from.nodeId(),
          "Dropped a message of node " + from.nodeId() + ": " + e.getMessage());
      return;
    }
    rules.onReport(report, nowMs());
    carryOut();
  }

  private void carryOut() {
    FormationReady ready = rules.ready();
    if (ready.persist() != null) {
      persist(ready.persist());
    }
    if (!ready.tell().isEmpty()) {
      ByteBuffer message = FormationReportCodec.encode(ready.report());
      ready.tell().forEach(nodeId -> ports.messages().tell(nodeId, message.duplicate()));
    }
    reasons = rules.reasons();
    if (rules.formed() != null && !formed.future().isComplete()) {
      vertx.cancelTimer(timer);
      announce(rules.formed());
      formed.tryComplete(rules.formed());
    }
  }

  private void persist(Formation formation) {
    writing = ports.store().write(formation);
    writing.onComplete(
        written ->
            home.runOnContext(
                ignored -> {
                  if (closed || rules == null) {
                    return;
                  }
                  if (written.failed()) {
                    fail("Cannot write " + config.self().file(), written.cause());
                    return;
                  }
                  if (!formation.confirmed()) {
                    LOG.info(
                        "Signed that cluster {} begins with the voters {}",
                        formation.clusterId(),
                        formation.voters());
                  }
                  rules.onPersisted(formation, nowMs());
                  carryOut();
                }));
  }

  /** Nobody knows what is on the disk: the next start reads it. */
  private void fail(String what, Throwable cause) {
    LOG.error("{}", what, cause);
    vertx.cancelTimer(timer);
    rules = null;
    reasons = List.of(what + ": " + cause.getMessage());
    formed.tryFail(cause);
  }

  private void announce(Formation cluster) {
    if (cluster.voters().contains(config.id())) {
      LOG.info(
          "Node {} is of cluster {}, one of its first voters {}",
          config.id().nodeId(),
          cluster.clusterId(),
          cluster.voters());
      return;
    }
    for (VoterId voter : joining ? cluster.voters() : Set.<VoterId>of()) {
      if (voter.nodeId() == config.id().nodeId()) {
        LOG.warn(
            "Node {} was one of the first voters of cluster {}, with another disk ({}); with this one"
                + " ({}) it is a new node, which does not vote until it is added to the voters",
            voter.nodeId(),
            cluster.clusterId(),
            voter,
            config.id());
        return;
      }
    }
    LOG.info(
        "Node {} is of cluster {}, which began with the voters {}",
        config.id().nodeId(),
        cluster.clusterId(),
        cluster.voters());
  }

  private void say() {
    long silentMs = nowMs() - saidAtMs;
    if (reasons.isEmpty()
        || silentMs < SAY_NEWS_MS
        || (silentMs < SAY_AGAIN_MS && (said.isEmpty() || said.equals(reasons)))) {
      return;
    }
    saidAtMs = nowMs();
    said = reasons;
    LOG.info("Not in a cluster yet: {}", String.join("; ", reasons));
  }
}
