package io.millrace.coordinator.group.consumer;

import io.millrace.coordinator.group.RebalanceCause;
import io.millrace.coordinator.group.RebalanceCause.Kind;
import io.millrace.coordinator.shard.Decision;
import io.millrace.coordinator.shard.Timers;
import io.millrace.metadata.ImageDelta;
import io.millrace.metadata.TopicImage;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Keeps groups up to the cluster's topics: bumps the epoch of those whose topics changed, and looks
 * which topics match the regular expressions of their members. A small look is done within the
 * heartbeat; a large one goes on turn by turn, so that no turn of the loop is long. Every {@code
 * group.consumer.regex.refresh.interval.ms} all of a group's are looked at anew.
 *
 * <p>Owner: partition loop.
 */
final class Regexes {
  private static final String REFRESH_TIMER = "consumer.groups.refresh";
  private static final String SCAN_TIMER = "consumer.groups.scan";
  private static final int GROUPS_PER_TURN = 200;
  private static final int RETRY_MS = 1_000;
  private static final RebalanceCause TOPICS_CHANGED = new RebalanceCause(Kind.TOPICS_CHANGED, "");

  private final GroupEpochs.Shared shared;
  private final GroupEpochs epochs;
  private final Timers timers;

  // Groups to be compared with the topics, and the names that changed since all were.
  private final Set<String> outdated = new LinkedHashSet<>();
  private final Set<String> touched = new HashSet<>();

  // Scans that are under way, by group and regular expression.
  private final Map<String, Map<String, RegexScan>> scans = new LinkedHashMap<>();

  Regexes(GroupEpochs.Shared shared, GroupEpochs epochs, Timers timers) {
    this.shared = shared;
    this.epochs = epochs;
    this.timers = timers;
  }

  /**
   * A member subscribes with a regular expression.
   *
   * @return whether its topics are known now and were not before
   * @throws Refusal it is not one
   */
  boolean require(Draft draft, String text) throws Refusal {
    ConsumerGroup group = draft.group();
    if (group.regexes().containsKey(text) || isScanning(group.groupId(), text)) {
      return false;
    }
    if (group.wantedRegexes().isEmpty()) {
      refreshLater(group.groupId());
    }
    TopicRegex regex = TopicRegex.of(text);
    RegexScan scan = new RegexScan(text, regex, shared.topics());
    if (regex.work(shared.topics().image().topics().size()) > TopicRegex.WORK_PER_TURN) {
      go(group.groupId(), scan);
      return false;
    }
    scan.advance(Long.MAX_VALUE);
    draft.append(
        ConsumerRecords.regex(group.groupId(), text, scan.result(shared.topics(), timers.nowMs())));
    return true;
  }

  private boolean isScanning(String groupId, String text) {
    return scans.getOrDefault(groupId, Map.of()).containsKey(text);
  }

  // ---- now and then

  private void refreshLater(String groupId) {
    timers.schedule(
        "regexes-" + groupId,
        shared.config().regexRefreshIntervalMs(),
        () -> {
          ConsumerGroup group = shared.find(groupId);
          if (group != null && !group.wantedRegexes().isEmpty()) {
            rescanAll(group);
            refreshLater(groupId);
          }
          return new Decision();
        });
  }

  private void rescanAll(ConsumerGroup group) {
    group.wantedRegexes().forEach(regex -> rescan(group.groupId(), regex));
  }

  // ---- scans turn by turn

  private void go(String groupId, RegexScan scan) {
    scans.computeIfAbsent(groupId, id -> new HashMap<>()).put(scan.regex(), scan);
    timers.schedule(SCAN_TIMER, 0, this::advance);
  }

  private Decision advance() {
    Decision decision = new Decision().divisible();
    long work = TopicRegex.WORK_PER_TURN;
    for (String groupId : List.copyOf(scans.keySet())) {
      if (work <= 0) {
        break;
      }
      work -= advance(groupId, work, decision);
    }
    if (!scans.isEmpty()) {
      timers.schedule(SCAN_TIMER, 0, this::advance);
    }
    return decision.divisible();
  }

  /** Goes on with the scans of a group; returns the work that was done. */
  private long advance(String groupId, long work, Decision decision) {
    Map<String, RegexScan> ofGroup = scans.remove(groupId);
    ConsumerGroup group = shared.find(groupId);
    if (group == null) {
      return 0;
    }
    Draft draft = new Draft(group);
    long done = 0;
    for (Iterator<RegexScan> all = ofGroup.values().iterator(); all.hasNext() && done < work; ) {
      RegexScan scan = all.next();
      done += scan.advance(work - done);
      if (scan.isDone()) {
        all.remove();
        if (group.membersWith(scan.regex()) > 0) {
          append(draft, scan.regex(), scan.result(shared.topics(), timers.nowMs()));
        }
      }
    }
    if (!ofGroup.isEmpty()) {
      // Behind the other groups.
      scans.put(groupId, ofGroup);
    }
    if (!draft.records().isEmpty()) {
      draft.because(TOPICS_CHANGED);
      epochs.bump(draft);
      decision.merge(decision(draft));
    }
    return done;
  }

  // ---- changes of the topics

  /** Any topic may have changed: the shard was just loaded. */
  void onLoaded(Iterable<ConsumerGroup> groups) {
    for (ConsumerGroup group : groups) {
      outdated.add(group.groupId());
      if (!group.wantedRegexes().isEmpty()) {
        rescanAll(group);
        refreshLater(group.groupId());
      }
    }
    schedule(0);
  }

  private void rescan(String groupId, String regex) {
    TopicRegex compiled = known(regex);
    if (compiled != null) {
      go(groupId, new RegexScan(regex, compiled, shared.topics()));
    }
  }

  /** The topics changed. */
  void onImage(ImageDelta delta, Iterable<ConsumerGroup> groups) {
    Set<String> names = new HashSet<>();
    delta.deletedTopics().values().forEach(topic -> names.add(topic.name()));
    for (TopicImage topic : delta.changedTopics().values()) {
      TopicImage before = delta.before().topic(topic.id());
      if (before == null
          || before.partitions().size() != topic.partitions().size()
          || !replicas(before).equals(replicas(topic))) {
        names.add(topic.name());
      }
    }
    boolean racks = delta.changedBrokers().stream().anyMatch(id -> hasMoved(delta, id));
    if (names.isEmpty() && !racks) {
      return;
    }
    touched.addAll(names);
    for (ConsumerGroup group : groups) {
      if (racks
          || !group.wantedRegexes().isEmpty()
          || names.stream().anyMatch(group::isSubscribedTo)) {
        outdated.add(group.groupId());
      }
    }
    schedule(0);
  }

  private static List<List<Integer>> replicas(TopicImage topic) {
    return topic.partitions().stream().map(one -> one.replicas()).toList();
  }

  private static boolean hasMoved(ImageDelta delta, int nodeId) {
    return !java.util.Objects.equals(rack(delta.before(), nodeId), rack(delta.after(), nodeId));
  }

  private static String rack(io.millrace.metadata.ClusterImage image, int nodeId) {
    var broker = image.brokers().get(nodeId);
    return broker == null ? null : broker.rack();
  }

  private void schedule(int delayMs) {
    if (!outdated.isEmpty()) {
      timers.schedule(REFRESH_TIMER, delayMs, this::refresh);
    } else {
      touched.clear();
    }
  }

  private Decision refresh() {
    Decision decision = new Decision().divisible();
    ArrayDeque<String> now = new ArrayDeque<>(outdated);
    Set<String> done = new LinkedHashSet<>();
    while (!now.isEmpty() && done.size() < GROUPS_PER_TURN) {
      String groupId = now.poll();
      ConsumerGroup group = shared.find(groupId);
      if (group != null && !group.isEmpty()) {
        decision.merge(refresh(group));
      }
      done.add(groupId);
    }
    outdated.removeAll(done);
    schedule(0);
    return decision.divisible();
  }

  private Decision refresh(ConsumerGroup group) {
    Draft draft = new Draft(group);
    for (String text : group.wantedRegexes()) {
      ResolvedRegex known = group.regexes().get(text);
      if (isScanning(group.groupId(), text) || known == null) {
        continue;
      }
      TopicRegex regex = known(text);
      if (regex == null) {
        continue;
      }
      if (regex.work(touched.size()) > TopicRegex.WORK_PER_TURN) {
        go(group.groupId(), new RegexScan(text, regex, shared.topics()));
      } else {
        match(draft, text, regex, known);
      }
    }
    if (!draft.records().isEmpty() || epochs.isOutdated(draft.group())) {
      draft.because(TOPICS_CHANGED);
      epochs.bump(draft);
    }
    return decision(draft);
  }

  /** null = another broker let it in, and it is none here: it matches nothing. */
  private static TopicRegex known(String text) {
    try {
      return TopicRegex.of(text);
    } catch (Refusal e) {
      return null;
    }
  }

  private void match(Draft draft, String text, TopicRegex regex, ResolvedRegex known) {
    SortedSet<String> topics = new TreeSet<>(known.topics());
    for (String name : touched) {
      if (shared.topics().id(name) == null) {
        topics.remove(name);
      } else if (regex.matches(name)) {
        topics.add(name);
      }
    }
    append(
        draft,
        text,
        new ResolvedRegex(
            Collections.unmodifiableSortedSet(topics),
            shared.topics().image().offset(),
            timers.nowMs()));
  }

  private static void append(Draft draft, String text, ResolvedRegex resolved) {
    ResolvedRegex known = draft.group().regexes().get(text);
    if (known == null || !known.topics().equals(resolved.topics())) {
      draft.append(ConsumerRecords.regex(draft.groupId(), text, resolved));
    }
  }

  /** If it is not stored, the group is looked at again. */
  private Decision decision(Draft draft) {
    String groupId = draft.groupId();
    draft.ifRefused(() -> retry(groupId));
    return epochs.decision(draft);
  }

  private void retry(String groupId) {
    ConsumerGroup group = shared.find(groupId);
    if (group != null) {
      outdated.add(groupId);
      rescanAll(group);
      schedule(RETRY_MS);
    }
  }
}
