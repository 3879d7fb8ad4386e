package io.millrace.partition;

import io.millrace.log.LogConfig;
import io.millrace.log.PartitionLog;
import io.millrace.metrics.PrometheusMetrics;
import io.millrace.model.Clock;
import io.millrace.model.ManualClock;
import io.millrace.model.TestLoop;
import io.millrace.partition.state.LeaderState;
import io.millrace.quota.ReplicationThrottle;
import io.millrace.record.BatchBuilder;
import io.millrace.record.ValidationRules;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * A leader on a real log; the test's thread is its loop.
 *
 * <p>Owner: the test's thread.
 */
final class LeaderFixture implements AutoCloseable {
  static final int NODE = 1;
  static final int OTHER = 2;
  static final int EPOCH = 7;

  final TestLoop loop = new TestLoop();
  final PartitionLog log;
  private final RealLog real;
  private PartitionSettings settings;

  /** What is asked of the controller. */
  final AskedIsr isrChanges = new AskedIsr();

  /** {@code replica.lag.time.max.ms}. */
  long replicaLagMaxMs = 30_000;

  /** Which node consumers of a rack may read from. */
  Racks racks = Racks.LEADERS_ONLY;

  final PrometheusMetrics metrics = new PrometheusMetrics();

  /** Time of {@link #throttle}. */
  final ManualClock throttleClock = new ManualClock();

  final ReplicationThrottle throttle = new ReplicationThrottle(throttleClock::nanos);

  /** Null until {@link #lead}. */
  LeaderReplica leader;

  TransactionVerifier verifier = TransactionVerifier.NONE;

  /** Opens an empty log. */
  LeaderFixture(Path directory) {
    real = new RealLog(directory, LogConfig.defaults(), loop, new Told());
    log = real.log;
  }

  /** Begins the epoch; the worker is the one that validates what is heavy. */
  void lead(Executor worker, ValidationRules rules, int minInsyncReplicas, Integer... isr) {
    log.startEpoch(EPOCH);
    settings = new PartitionSettings(log.config(), rules, minInsyncReplicas);
    LeaderState state =
        new LeaderState(
            NODE,
            new LeaderState.Committed(EPOCH, 0, List.of(NODE, OTHER), List.of(isr)),
            minInsyncReplicas,
            log.logEndOffset(),
            log.logStartOffset(),
            TimeUnit.NANOSECONDS.toMillis(Clock.SYSTEM.nanos()));
    leader =
        new LeaderReplica(
            new ReplicaParts(
                NODE,
                Clock.SYSTEM,
                worker,
                new LeaderParts(
                    isrChanges,
                    new IsrCounters(metrics),
                    replicaLagMaxMs,
                    0,
                    racks,
                    throttle,
                    verifier),
                new NobodyFollows()),
            loop,
            log,
            state,
            settings,
            () -> {});
  }

  /** Leads as another replica object, in the same epoch. */
  void leadAgain(Integer... isr) {
    lead(loop, ValidationRules.DEFAULT, 1, isr);
  }

  /** The controller has committed this ISR. */
  void commitIsr(Integer... isr) {
    LeaderState.Committed before = leader.state().committed();
    leader.onCommitted(
        new LeaderState.Committed(
            before.leaderEpoch(), before.partitionEpoch() + 1, before.replicas(), List.of(isr)),
        settings);
  }

  /** Its next leader epoch begins, with this ISR. */
  void beginNextEpoch(Integer... isr) {
    LeaderState.Committed before = leader.state().committed();
    leader.onCommitted(
        new LeaderState.Committed(
            before.leaderEpoch() + 1, before.partitionEpoch() + 1, before.replicas(), List.of(isr)),
        settings);
  }

  /** A batch of one record. */
  static ByteBuffer batch(String value) {
    return new BatchBuilder().append(1, null, value.getBytes(StandardCharsets.UTF_8)).build();
  }

  @Override
  public void close() {
    real.close();
  }

  /** What the partition's verticle does with the log's news. */
  private final class Told implements SoundLogListener {
    @Override
    public void onPersisted(long logEndOffset) {
      leader.onPersisted(logEndOffset);
    }

    @Override
    public void onAppendFailed(long fromOffset, IOException cause, boolean retriable) {
      leader.onAppendFailed(fromOffset, cause);
    }

    @Override
    public void onLogStartOffset(long logStartOffset) {
      leader.fireWatchers();
    }
  }
}
