package io.millrace.quorum.state;

import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.MetadataRecord.NoOp;
import io.millrace.metadata.MetadataRecord.ProducerIds;
import io.millrace.model.VoterId;
import io.millrace.quorum.state.Message.Append;
import io.millrace.quorum.state.Message.AppendReply;
import io.millrace.quorum.state.Message.PreVoteReply;
import io.millrace.quorum.state.Message.VoteReply;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;

/**
 * One replica, {@link #SELF}, and what the others say to it.
 *
 * <p>Owner: the test's thread.
 */
abstract class RulesFixture {
  static final int MAX_BYTES = 1_000;
  static final QuorumTiming TIMING =
      new QuorumTiming(100, 1_000, 3_000, 500, 10, MAX_BYTES, 4, 100);
  static final VoterId SELF = id(1);
  static final VoterId B = id(2);
  static final VoterId C = id(3);
  static final VoterId LEARNER = id(4);
  static final Set<VoterId> THREE = Set.of(SELF, B, C);

  final List<Message> sent = new ArrayList<>();
  final List<Entry> committed = new ArrayList<>();
  final List<Ready.Read> reads = new ArrayList<>();
  final List<Ready.LogRead> logReads = new ArrayList<>();
  final List<Ready.SnapshotRead> snapshotReads = new ArrayList<>();

  /** The latest one. */
  Ready.Write write;

  QuorumRules rules;
  long nowMs;

  static VoterId id(int node) {
    return new VoterId(node, new UUID(0, node));
  }

  static Entry entry(long offset, int term) {
    return new Entry(offset, term, List.of(new ProducerIds(offset)));
  }

  /** Starts the replica with what its disk has. */
  void start(Stored stored) {
    rules = new QuorumRules(SELF, TIMING, stored, new Random(1), nowMs);
    act();
  }

  void startWith(HardState hardState, Entry... entries) {
    start(new Stored(hardState, SnapshotId.NONE, Set.of(), List.of(entries), 0, THREE));
  }

  /** Takes what the replica has to do; what it writes is written by {@link #written}. */
  void act() {
    Ready ready = rules.ready();
    sent.addAll(ready.messages());
    committed.addAll(ready.committed());
    reads.addAll(ready.reads());
    logReads.addAll(ready.logReads());
    snapshotReads.addAll(ready.snapshotReads());
    if (ready.write() != null) {
      write = ready.write();
    }
  }

  void receive(Message message) {
    rules.step(nowMs, message);
    act();
  }

  void written() {
    rules.onWritten(nowMs);
    act();
  }

  void after(long ms) {
    nowMs += ms;
    rules.tick(nowMs);
    act();
  }

  <T extends Message> List<T> sent(Class<T> type) {
    return sent.stream().filter(type::isInstance).map(type::cast).toList();
  }

  /** Is elected in term 1; its first entry, [0, 2), is written here and nowhere else. */
  void elect() {
    after(3_000);
    receive(new PreVoteReply(B, SELF, 1, true));
    written();
    receive(new VoteReply(B, SELF, 1, true));
    written();
  }

  /** Leads term 1 with its first entry, [0, 2), committed. */
  void lead() {
    start(Stored.nothing(THREE));
    elect();
    receive(new AppendReply(B, SELF, 1, true, 2, 0, 0));
    sent.clear();
  }

  /** Follows {@link #B} as the leader of a term. */
  void follow(int term) {
    receive(new Append(B, SELF, term, 0, 0, List.of(), 0, 0));
    written();
    sent.clear();
  }

  static List<MetadataRecord> noOps(int count) {
    return Collections.nCopies(count, NoOp.INSTANCE);
  }
}
