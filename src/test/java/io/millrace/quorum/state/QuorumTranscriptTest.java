package io.millrace.quorum.state;

import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.MetadataRecord.ProducerIds;
import io.millrace.metadata.MetadataRecord.Voters;
import io.millrace.model.VoterId;
import io.millrace.transcript.Transcript;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Quorums as text, as {@link Transcript} says. A message takes 1 ms, a write none. Below a command
 * stand the messages, but for heartbeats and what answers appends, then what each replica is if
 * that has changed.
 *
 * <pre>
 *   run 2000          lets time pass
 *   propose 1 3       the leader 1 appends an entry of 3 records
 *   cut 3             nothing goes to and from 3; mend 3 ends it
 *   add 1 4           the leader 1 makes 4 a voter; likewise remove 1 2 and transfer 1 2
 *   gone 1            all have heard that 1 is gone
 *   nominate 2        2 is to ask for an election
 *   snapshot 1        1 takes a snapshot
 *   read 1            1 is asked for ReadIndex
 * </pre>
 */
class QuorumTranscriptTest {
  private static final QuorumTiming TIMING =
      new QuorumTiming(100, 1_000, 3_000, 500, 10, 1 << 20, 4, 4);

  @TestFactory
  Stream<DynamicTest> shouldDoWhatTheTranscriptSays() throws IOException {
    return Transcript.tests(Path.of("src/test/resources/quorum"), Run::new);
  }

  private static final class Node {
    final VoterId id;
    final SimulatedDisk disk;
    final QuorumRules rules;
    ReplicatedState state = ReplicatedState.EMPTY;
    String shown = "";

    Node(int node, Set<VoterId> voters, Set<VoterId> all) {
      id = id(node);
      disk = new SimulatedDisk(voters.contains(id) ? voters : Set.of());
      rules = new QuorumRules(id, TIMING, disk.stored(), new Random(7L * node), 0);
      rules.onPeers(all);
    }
  }

  private static VoterId id(int node) {
    return new VoterId(node, new UUID(0, node));
  }

  /** One file. */
  private static final class Run extends Transcript {
    private final TreeMap<Integer, Node> nodes = new TreeMap<>();
    private final Set<Integer> cut = new HashSet<>();
    private final ArrayDeque<Message> onTheWay = new ArrayDeque<>();
    private long nowMs;
    private long proposals;

    @Override
    protected void configure(Map<String, String> with) {
      int voters = number(with, "voters", 3);
      int all = voters + number(with, "learners", 0);
      for (int node = 1; node <= all; node++) {
        nodes.put(node, new Node(node, ids(voters), ids(all)));
      }
    }

    private static Set<VoterId> ids(int count) {
      return IntStream.rangeClosed(1, count)
          .mapToObj(QuorumTranscriptTest::id)
          .collect(Collectors.toSet());
    }

    @Override
    protected void command(String line, Map<String, String> with) {
      List<String> words = Arrays.asList(line.split(" ", -1));
      int first = Integer.parseInt(words.get(1));
      int second = words.size() > 2 ? Integer.parseInt(words.get(2)) : -1;
      Node node = nodes.get(first);
      switch (words.get(0)) {
        case "run" -> run(first);
        case "propose" -> {
          List<MetadataRecord> records = Collections.nCopies(second, new ProducerIds(++proposals));
          node.rules.propose(records);
        }
        case "cut" -> cut.add(first);
        case "mend" -> cut.remove(first);
        case "add" -> say(node.rules.addVoter(id(second)));
        case "remove" -> say(node.rules.removeVoter(id(second)));
        case "transfer" -> {
          VoterChange.Refusal refusal = node.rules.transferTo(nowMs, id(second));
          out().append(refusal == null ? "begun" : "refused: " + refusal).append('\n');
        }
        case "gone" -> nodes.values().forEach(one -> one.rules.onMemberGone(nowMs, first));
        case "nominate" -> node.rules.nominate(nowMs);
        case "snapshot" -> {
          SnapshotId snapshot =
              new SnapshotId(node.state.end(), node.rules.termBefore(node.state.end()));
          node.disk.take(snapshot, node.state);
          node.rules.onSnapshotTaken(node.state.end());
        }
        case "read" -> out().append(node.rules.readIndex() < 0 ? "not the leader\n" : "asked\n");
        default -> throw new IllegalArgumentException(line);
      }
      if (!words.get(0).equals("run")) {
        run(20);
      }
      nodes.values().forEach(this::show);
    }

    private void say(VoterChange change) {
      out()
          .append(
              change.refusal() == null
                  ? "appended at " + change.lastOffset()
                  : "refused: " + change.refusal())
          .append('\n');
    }

    private void run(int ms) {
      nodes.values().forEach(this::act);
      for (long untilMs = nowMs + ms; nowMs < untilMs; nowMs++) {
        for (int left = onTheWay.size(); left > 0; left--) {
          Message message = onTheWay.poll();
          Node to = nodes.get(message.to().nodeId());
          to.rules.step(nowMs, message);
          act(to);
        }
        for (Node node : nodes.values()) {
          if (nowMs >= node.rules.nextTickMs() || nowMs == 0) {
            node.rules.tick(nowMs);
            act(node);
          }
        }
      }
    }

    private void act(Node node) {
      for (Ready ready = node.rules.ready(); !ready.isEmpty(); ready = node.rules.ready()) {
        for (Entry entry : ready.committed()) {
          for (MetadataRecord record : entry.records()) {
            node.state = node.state.plus(record);
          }
        }
        ready.messages().forEach(this::send);
        for (Ready.Read read : ready.reads()) {
          out().append(node.id.nodeId()).append(": read at ").append(read.end()).append('\n');
        }
        for (Ready.LogRead read : ready.logReads()) {
          node.rules.onLogRead(nowMs, read, node.disk.read(read));
        }
        for (Ready.SnapshotRead read : ready.snapshotReads()) {
          ByteBuffer data = node.disk.read(read.snapshot(), read.position(), 40);
          node.rules.onSnapshotRead(
              nowMs,
              read,
              data,
              data != null && node.disk.isLast(read.snapshot(), read.position(), data.remaining()));
        }
        if (ready.write() != null) {
          write(node, ready.write());
        }
      }
    }

    private void write(Node node, Ready.Write write) {
      if (write.chunk() == null) {
        node.disk.write(write);
        node.rules.onWritten(nowMs);
      } else if (node.disk.write(write.chunk())) {
        node.state = node.disk.snapshotState();
        node.rules.onSnapshotInstalled(nowMs, node.state.voters());
      } else {
        node.rules.onWritten(nowMs);
      }
    }

    private void send(Message message) {
      String text = text(message);
      boolean lost = cut.contains(message.from().nodeId()) || cut.contains(message.to().nodeId());
      if (!text.isEmpty() && !lost) {
        out()
            .append(nowMs)
            .append(' ')
            .append(message.from().nodeId())
            .append(" > ")
            .append(message.to().nodeId())
            .append(' ')
            .append(text)
            .append('\n');
      }
      if (!lost) {
        onTheWay.add(message);
      }
    }

    private static String text(Message message) {
      if (message instanceof Message.PreVote vote) {
        return "PreVote term " + vote.term() + " end " + vote.logEnd() + "@" + vote.lastTerm();
      } else if (message instanceof Message.PreVoteReply reply) {
        return reply.granted() ? "would vote" : "would not vote, term " + reply.term();
      } else if (message instanceof Message.Vote vote) {
        return "Vote term "
            + vote.term()
            + " end "
            + vote.logEnd()
            + "@"
            + vote.lastTerm()
            + (vote.transfer() ? " by transfer" : "");
      } else if (message instanceof Message.VoteReply reply) {
        return (reply.granted() ? "votes" : "does not vote") + " in term " + reply.term();
      } else if (message instanceof Message.Append append) {
        return append.entries().isEmpty()
            ? ""
            : "Append " + append.entries().stream().map(Run::text).collect(Collectors.joining(" "));
      } else if (message instanceof Message.AppendReply reply) {
        return reply.matched() ? "" : "refuses, try " + reply.end() + "@" + reply.endTerm();
      } else if (message instanceof Message.InstallSnapshot install) {
        return "Snapshot "
            + install.snapshot().endOffset()
            + "@"
            + install.snapshot().term()
            + " byte "
            + install.position()
            + (install.last() ? " last" : "");
      } else if (message instanceof Message.SnapshotReply reply) {
        return "wants byte " + reply.position();
      } else if (message instanceof Message.TimeoutNow) {
        return "TimeoutNow";
      }
      return "Hello";
    }

    private static String text(Entry entry) {
      String what = entry.records().size() == 1 ? "" : "-" + (entry.endOffset() - 1);
      for (MetadataRecord record : entry.records()) {
        if (record instanceof Voters voters) {
          what += voters(voters.voters());
        }
      }
      return entry.baseOffset() + what + "@" + entry.term();
    }

    private static String voters(Set<VoterId> voters) {
      return voters.stream()
          .map(VoterId::nodeId)
          .sorted()
          .map(String::valueOf)
          .collect(Collectors.joining(",", "{", "}"));
    }

    private void show(Node node) {
      QuorumRules rules = node.rules;
      String now =
          node.id.nodeId()
              + ": "
              + rules.role()
              + " term "
              + rules.term()
              + (rules.leader() == null ? "" : " leader " + rules.leader().nodeId())
              + " end "
              + rules.logEnd()
              + " committed "
              + rules.committedEnd()
              + " voters "
              + voters(rules.voters());
      if (!now.equals(node.shown)) {
        out().append(now).append('\n');
        node.shown = now;
      }
    }
  }
}
