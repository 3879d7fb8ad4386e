package io.millrace.cluster.hazelcast;

import com.hazelcast.cluster.MembershipEvent;
import com.hazelcast.cluster.MembershipListener;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.LifecycleEvent;
import io.millrace.cluster.ClusterHost;
import io.millrace.cluster.Discovery;
import io.millrace.cluster.LiveMaps;
import io.millrace.cluster.Member;
import io.millrace.cluster.Membership;
import io.millrace.cluster.MembershipChange;
import io.millrace.cluster.MembershipConfig;
import io.millrace.cluster.PeerTraffic;
import io.millrace.cluster.state.StuckView;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The membership by Hazelcast. Everything that can wait for it runs on a thread of its own; when
 * the instance has ended or is stuck, that thread ends it and starts another one, while the node
 * goes on with the last view.
 *
 * <p>Owner: its thread; what others ask are immutable snapshots.
 */
public final class HazelcastMembership implements Membership {
  private static final Logger LOG = LoggerFactory.getLogger(HazelcastMembership.class);
  private static final long CLOSE_PATIENCE_MS = 10_000;
  private static final long FIRST_RETRY_MS = 1_000;
  private static final long LAST_RETRY_MS = 30_000;

  /** More foreign members are not told apart: without a secret anybody can be one. */
  private static final int MOST_STRANGERS = 100;

  static {
    // Its first logger is made before it has read any settings.
    System.setProperty("hazelcast.logging.type", "slf4j");
  }

  /**
   * Times that tests shorten.
   *
   * @param checkMs how often the membership is looked at
   * @param stuckMs see {@link StuckView}
   * @param publishMs interval of the live picture
   * @param mergeSeconds how often another part of the cluster is looked for
   * @param gateMs how long {@link MemberGate} waits for proofs
   *     <p>Owner: immutable.
   */
  record Times(long checkMs, long stuckMs, long publishMs, int mergeSeconds, long gateMs) {
    static final Times DEFAULT = new Times(2_000, 60_000, 2_000, 10, 5_000);
  }

  private final MembershipConfig config;
  private final PeerTraffic traffic;
  private final Times times;
  private final MemberGate gate;
  private final SeedDiscovery seeds;
  private final MembershipView view;
  private final ReplicatedLiveMaps live;
  private final ScheduledThreadPoolExecutor thread = Threads.single("millrace-membership");
  private final StuckView stuck;

  private volatile Member self;
  private volatile boolean merging;
  private volatile boolean closing;

  // Set on the thread; Hazelcast's threads compare. null = none runs.
  private volatile HazelcastInstance instance;

  // Only used on the thread.
  private int instances;
  private int port;
  private long retryAtMs;
  private long retryMs = FIRST_RETRY_MS;
  private final Set<UUID> strangers = new HashSet<>();

  private HazelcastMembership(
      Context context, MembershipConfig config, PeerTraffic traffic, Times times) {
    this.config = config;
    this.traffic = traffic;
    this.times = times;
    this.port = config.port();
    this.gate = new MemberGate(config.secret(), times.gateMs);
    this.seeds =
        new SeedDiscovery(
            config.discovery() instanceof Discovery.Seeds given ? given.seeds() : List.of());
    this.view = new MembershipView(context);
    this.live = new ReplicatedLiveMaps(times.publishMs);
    this.stuck = new StuckView(times.stuckMs);
  }

  /**
   * Becomes a member, alone if no other is found in a few seconds.
   *
   * @param context changes are announced there
   * @return the membership, when this node is in its own view; fails with a message that says what
   *     to do, with everything closed again, if the port cannot be bound
   */
  public static Future<HazelcastMembership> start(
      Context context, MembershipConfig config, PeerTraffic traffic) {
    return start(context, config, traffic, Times.DEFAULT);
  }

  static Future<HazelcastMembership> start(
      Context context, MembershipConfig config, PeerTraffic traffic, Times times) {
    HazelcastMembership membership = new HazelcastMembership(context, config, traffic, times);
    Promise<Void> started = Promise.promise();
    // First: whoever cannot start ends the thread at once.
    Threads.repeat(membership.thread, times.checkMs, membership::check);
    membership.thread.execute(() -> membership.first(started));
    return started.future().map(membership);
  }

  @Override
  public Member self() {
    return self;
  }

  @Override
  public List<Member> members() {
    return view.members();
  }

  @Override
  public void subscribe(Consumer<MembershipChange> subscriber) {
    view.subscribe(subscriber);
  }

  @Override
  public List<String> refusals() {
    return gate.refusals();
  }

  @Override
  public LiveMaps live() {
    return live;
  }

  @Override
  public Future<Void> close() {
    closing = true;
    view.close();
    live.close();
    Promise<Void> closed = Promise.promise();
    try {
      thread.execute(
          () -> {
            end(true);
            thread.shutdown();
            closed.tryComplete();
          });
    } catch (RejectedExecutionException e) {
      closed.tryComplete(); // closed before
    }
    return closed.future().timeout(CLOSE_PATIENCE_MS, TimeUnit.MILLISECONDS).otherwiseEmpty();
  }

  // ---- on the thread

  private void first(Promise<Void> started) {
    try {
      startInstance();
      refresh().onComplete(any -> started.complete());
    } catch (IOException | RuntimeException e) {
      closing = true;
      end(false);
      live.close();
      thread.shutdown();
      started.fail(e);
    }
  }

  private void startInstance() throws IOException {
    String name = "millrace-" + config.nodeId() + "-" + config.incarnation() + "-" + ++instances;
    var settings =
        HazelcastSettings.of(
            config,
            new HazelcastSettings.Run(
                name, ClusterHost.resolve(config.host()), port, times.mergeSeconds),
            seeds);
    merging = false;
    try {
      instance = GuardedInstance.start(settings, gate);
    } catch (RuntimeException e) {
      throw new IOException(
          "Cannot open the membership on cluster.host and cluster.port "
              + config.host()
              + ":"
              + port
              + ": "
              + deepest(e).getMessage(),
          e);
    }
    HazelcastInstance started = instance;
    started.getCluster().addMembershipListener(new Listener());
    started
        .getLifecycleService()
        .addLifecycleListener(
            event -> {
              if (started == instance) { // not of one that has ended
                onLifecycle(event);
              }
            });
    // Whoever starts again wants to be found where it was.
    port = started.getCluster().getLocalMember().getAddress().getPort();
  }

  /** Shows the members that the instance sees now. */
  private Future<Void> refresh() {
    List<Member> members = new ArrayList<>();
    UUID own = instance.getCluster().getLocalMember().getUuid();
    for (com.hazelcast.cluster.Member member : instance.getCluster().getMembers()) {
      try {
        members.add(MemberAttributes.read(member));
      } catch (IllegalArgumentException e) {
        if (strangers.size() < MOST_STRANGERS && strangers.add(member.getUuid())) {
          LOG.warn("The member at {} is not a node: {}", member.getAddress(), e.getMessage());
        }
      }
    }
    seeds.remember(Callers.of(instance));
    for (Member member : members) {
      if (member.memberUuid().equals(own)) {
        self = member;
      }
    }
    live.countOnly(List.copyOf(members));
    live.publishAt(instance, own);
    return view.show(members);
  }

  private void check() {
    if (closing) {
      return;
    }
    try {
      long nowMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
      if (instance == null) {
        retry(nowMs);
        return;
      }
      boolean running = instance.getLifecycleService().isRunning();
      boolean joining = merging;
      if (running && !joining) {
        refresh();
      }
      Set<Integer> inView = new HashSet<>();
      members().forEach(member -> inView.add(member.nodeId()));
      inView.add(config.nodeId());
      Optional<String> why =
          stuck.observe(nowMs, new StuckView.Seen(running, joining, inView, traffic.heardOf()));
      if (why.isPresent()) {
        LOG.warn("Starting the membership again: {}", why.get());
        stuck.onRestarted();
        end(false);
        retryAtMs = nowMs;
        retry(nowMs);
      }
    } catch (RuntimeException e) {
      LOG.warn("Looking at the membership failed", e);
    }
  }

  private void retry(long nowMs) {
    if (nowMs < retryAtMs) {
      return;
    }
    try {
      startInstance();
      retryMs = FIRST_RETRY_MS;
      refresh();
      LOG.info("The membership runs again, {} members", instance.getCluster().getMembers().size());
    } catch (IOException | RuntimeException e) {
      LOG.warn("Cannot start the membership, next try in {} ms", retryMs, e);
      retryAtMs = nowMs + retryMs;
      retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
    }
  }

  private void end(boolean inGoodOrder) {
    HazelcastInstance ending = instance;
    instance = null;
    live.publishAt(null, null);
    if (ending == null) {
      return;
    }
    try {
      if (inGoodOrder) {
        ending.getLifecycleService().shutdown();
      } else {
        ending.getLifecycleService().terminate();
      }
    } catch (RuntimeException e) {
      LOG.warn("The membership did not end in good order", e);
    }
  }

  // ---- on Hazelcast's threads

  private void onLifecycle(LifecycleEvent event) {
    switch (event.getState()) {
      case MERGING -> merging = true;
      case MERGED, MERGE_FAILED -> {
        merging = false;
        refreshSoon();
      }
      default -> {}
    }
  }

  private void refreshSoon() {
    try {
      thread.execute(
          () -> {
            if (instance != null && !merging && instance.getLifecycleService().isRunning()) {
              refresh();
            }
          });
    } catch (RejectedExecutionException e) {
      LOG.trace("Closed already", e);
    }
  }

  private static Throwable deepest(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null && cause.getCause() != cause) {
      cause = cause.getCause();
    }
    return cause;
  }

  /**
   * Hears that something changed; what it is, a look at the members tells.
   *
   * <p>Owner: Hazelcast's threads.
   */
  private final class Listener implements MembershipListener {
    @Override
    public void memberAdded(MembershipEvent event) {
      refreshSoon();
    }

    @Override
    public void memberRemoved(MembershipEvent event) {
      refreshSoon();
    }
  }

  /** For tests: what runs now; null = nothing. */
  HazelcastInstance instance() {
    return instance;
  }

  /** For tests: ends the instance as a killed process would. */
  Future<Void> terminateInstance() {
    Promise<Void> terminated = Promise.promise();
    thread.execute(
        () -> {
          instance.getLifecycleService().terminate();
          terminated.complete();
        });
    return terminated.future();
  }
}
