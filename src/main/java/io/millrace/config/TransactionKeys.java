package io.millrace.config;

import static io.millrace.config.ConfigKey.booleanKey;
import static io.millrace.config.ConfigKey.intKey;
import static io.millrace.config.ConfigKey.shortKey;

import java.util.List;

/**
 * Keys of the node about transactions. Names, units and defaults are Kafka's.
 *
 * <p>Owner: immutable.
 */
public final class TransactionKeys {
  private static final String SECTION = "Transactions";
  private static final String MS = "ms";
  private static final String BYTES = "bytes";

  public static final ConfigKey<Integer> MAX_TIMEOUT_MS =
      intKey("transaction.max.timeout.ms")
          .section(SECTION)
          .unit(MS)
          .defaultsTo(900_000)
          .allowed(Allowed.atLeast(1))
          .doc(
              "The longest `transaction.timeout.ms` that a producer may ask for: as long can a"
                  + " transaction that nobody ends hold up those who read committed records.")
          .build();

  private static final ConfigKey<Integer> ABORT_TIMED_OUT_INTERVAL_MS =
      intKey("transaction.abort.timed.out.transaction.cleanup.interval.ms")
          .section(SECTION)
          .unit(MS)
          .defaultsTo(10_000)
          .allowed(Allowed.atLeast(1))
          .doc(
              "Accepted for compatibility: a transaction whose time is over is aborted at that"
                  + " moment.")
          .build();

  public static final ConfigKey<Integer> ID_EXPIRATION_MS =
      intKey("transactional.id.expiration.ms")
          .section(SECTION)
          .unit(MS)
          .defaultsTo(7 * 24 * 3_600_000)
          .allowed(Allowed.atLeast(1))
          .doc("How long a `transactional.id` is remembered that nobody uses.")
          .build();

  public static final ConfigKey<Integer> REMOVE_EXPIRED_INTERVAL_MS =
      intKey("transaction.remove.expired.transaction.cleanup.interval.ms")
          .section(SECTION)
          .unit(MS)
          .defaultsTo(3_600_000)
          .allowed(Allowed.atLeast(1))
          .doc("How often it is looked for a `transactional.id` that nobody uses any more.")
          .build();

  public static final ConfigKey<Boolean> TWO_PHASE_COMMIT_ENABLE =
      booleanKey("transaction.two.phase.commit.enable")
          .section(SECTION)
          .defaultsTo(false)
          .doc(
              "Whether producers may keep a transaction prepared for as long as they like, to end it"
                  + " together with one of another system (KIP-939).")
          .build();

  public static final ConfigKey<Boolean> PARTITION_VERIFICATION_ENABLE =
      booleanKey("transaction.partition.verification.enable")
          .section(SECTION)
          .defaultsTo(true)
          .doc(
              "Whether a partition asks the coordinator before it takes the first batch of a"
                  + " transaction of a producer that must have added the partition before (KIP-890)."
                  + " Without it a late batch can leave a transaction that nobody ends.")
          .build();

  public static final ConfigKey<Integer> HANGING_MARGIN_MS =
      intKey("transaction.hanging.margin.ms")
          .section(SECTION)
          .unit(MS)
          .defaultsTo(300_000)
          .allowed(Allowed.atLeast(0))
          .doc(
              "A transaction that a partition has open for this much longer than"
                  + " `transaction.max.timeout.ms`, and that no coordinator knows of, hangs: the"
                  + " leader of the partition aborts it there. Counted from when the leader first saw"
                  + " it.")
          .build();

  public static final ConfigKey<Integer> TOPIC_NUM_PARTITIONS =
      intKey("transaction.state.log.num.partitions")
          .section(SECTION)
          .defaultsTo(50)
          .allowed(Allowed.atLeast(1))
          .doc(
              "Partitions of `__transaction_state`, which is created when the first transactional"
                  + " producer appears. The producers are spread over them; the number must not change"
                  + " afterwards.")
          .build();

  public static final ConfigKey<Short> TOPIC_REPLICATION_FACTOR =
      shortKey("transaction.state.log.replication.factor")
          .section(SECTION)
          .defaultsTo((short) 3)
          .allowed(Allowed.atLeast((short) 1))
          .doc(
              "Replicas of `__transaction_state`; while there are fewer nodes, as many as there are"
                  + " nodes.")
          .build();

  public static final ConfigKey<Integer> TOPIC_MIN_ISR =
      intKey("transaction.state.log.min.isr")
          .section(SECTION)
          .defaultsTo(2)
          .allowed(Allowed.atLeast(1))
          .doc("`min.insync.replicas` of `__transaction_state` when it is created.")
          .build();

  public static final ConfigKey<Integer> TOPIC_SEGMENT_BYTES =
      intKey("transaction.state.log.segment.bytes")
          .section(SECTION)
          .unit(BYTES)
          .defaultsTo(100 << 20)
          .allowed(Allowed.atLeast(1 << 20))
          .doc(
              "`segment.bytes` of `__transaction_state` when it is created. Small segments are"
                  + " compacted sooner, and loaded faster.")
          .build();

  public static final ConfigKey<Integer> LOAD_BUFFER_SIZE =
      intKey("transaction.state.log.load.buffer.size")
          .section(SECTION)
          .unit(BYTES)
          .defaultsTo(5 << 20)
          .allowed(Allowed.atLeast(1))
          .doc(
              "How much is read at once while the partitions of `__transaction_state` are loaded,"
                  + " roughly, all together.")
          .build();

  /** All keys in the order of the reference page. */
  static final List<ConfigKey<?>> ALL =
      List.of(
          MAX_TIMEOUT_MS,
          ABORT_TIMED_OUT_INTERVAL_MS,
          ID_EXPIRATION_MS,
          REMOVE_EXPIRED_INTERVAL_MS,
          PARTITION_VERIFICATION_ENABLE,
          TWO_PHASE_COMMIT_ENABLE,
          HANGING_MARGIN_MS,
          TOPIC_NUM_PARTITIONS,
          TOPIC_REPLICATION_FACTOR,
          TOPIC_MIN_ISR,
          TOPIC_SEGMENT_BYTES,
          LOAD_BUFFER_SIZE);

  private TransactionKeys() {}
}
