package io.millrace.coordinator.group;

import io.millrace.coordinator.group.ClassicMember.Terms;
import io.millrace.coordinator.shard.Reply;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.kafka.common.message.JoinGroupResponseData;

/**
 * The members of one group, in the order in which they came, and what the group waits for.
 *
 * <p>Invariant: {@code awaitingJoin} is the number of members with {@link
 * ClassicMember#awaitsJoin()}; a static id names a member with that instance id; nobody is both a
 * member and expected to come back with a new member id.
 *
 * <p>Owner: partition loop.
 */
final class ClassicMembers {
  private final Map<String, ClassicMember> byId = new LinkedHashMap<>();
  private final Map<String, String> staticIds = new HashMap<>();
  private final Set<String> expected = new LinkedHashSet<>();
  private final Set<String> unsynced = new LinkedHashSet<>();
  private final ProtocolVotes votes = new ProtocolVotes();
  private int awaitingJoin;

  /** null = no member. */
  ClassicMember get(String memberId) {
    return byId.get(memberId);
  }

  boolean has(String memberId) {
    return byId.containsKey(memberId);
  }

  int size() {
    return byId.size();
  }

  boolean isEmpty() {
    return byId.isEmpty();
  }

  Collection<ClassicMember> all() {
    return Collections.unmodifiableCollection(byId.values());
  }

  /** A copy, so that the caller may remove them. */
  List<ClassicMember> which(Predicate<ClassicMember> test) {
    return byId.values().stream().filter(test).toList();
  }

  /** The member id of a static member; null = there is none of this instance id. */
  String staticId(String groupInstanceId) {
    return staticIds.get(groupInstanceId);
  }

  void add(ClassicMember member) {
    expected.remove(member.id());
    byId.put(member.id(), member);
    if (member.isStatic()) {
      staticIds.put(member.groupInstanceId(), member.id());
    }
    votes.add(member.protocols());
    if (member.awaitsJoin()) {
      awaitingJoin++;
    }
  }

  /** Removes a member, which then stands for itself: its replies are the caller's. */
  void remove(ClassicMember member) {
    byId.remove(member.id());
    unsynced.remove(member.id());
    if (member.isStatic()) {
      staticIds.remove(member.groupInstanceId(), member.id());
    }
    votes.remove(member.protocols());
    if (member.awaitsJoin()) {
      awaitingJoin--;
    }
  }

  /** Puts the new holder of a group instance id in the place of the old. */
  void replace(ClassicMember old, ClassicMember successor) {
    boolean owesSync = unsynced.contains(old.id());
    remove(old);
    add(successor);
    if (owesSync) {
      unsynced.add(successor.id());
    }
  }

  void renew(ClassicMember member, Terms terms) {
    votes.remove(member.protocols());
    member.renew(terms);
    votes.add(member.protocols());
  }

  /**
   * Keeps a member's JoinGroup until the generation is complete; null = it waits no longer.
   *
   * @return the one that waited before; null = none
   */
  Reply<JoinGroupResponseData> swapJoin(ClassicMember member, Reply<JoinGroupResponseData> reply) {
    Reply<JoinGroupResponseData> before = member.swapJoin(reply);
    awaitingJoin += (reply == null ? 0 : 1) - (before == null ? 0 : 1);
    return before;
  }

  int awaitingJoin() {
    return awaitingJoin;
  }

  /** Whether nobody is missing, neither a member nor one that was sent away to come back. */
  boolean haveAllJoined() {
    return awaitingJoin == byId.size() && expected.isEmpty();
  }

  /** Someone was given this member id and told to join with it (KIP-394). */
  void expect(String memberId) {
    expected.add(memberId);
  }

  boolean isExpected(String memberId) {
    return expected.contains(memberId);
  }

  boolean forget(String memberId) {
    return expected.remove(memberId);
  }

  Collection<String> expected() {
    return Collections.unmodifiableCollection(expected);
  }

  /** All members owe a SyncGroup. */
  void expectSyncs() {
    unsynced.clear();
    unsynced.addAll(byId.keySet());
  }

  void expectNoSyncs() {
    unsynced.clear();
  }

  void onSync(String memberId) {
    unsynced.remove(memberId);
  }

  boolean haveAllSynced() {
    return unsynced.isEmpty();
  }

  List<ClassicMember> unsynced() {
    return unsynced.stream().map(byId::get).toList();
  }

  /** The longest of the members' rebalance timeouts. */
  int rebalanceTimeoutMs() {
    int longest = 0;
    for (ClassicMember member : byId.values()) {
      longest = Math.max(longest, member.rebalanceTimeoutMs());
    }
    return longest;
  }

  boolean speakOneOf(MemberProtocols protocols) {
    return votes.supportsOneOf(protocols.names(), byId.size());
  }

  String selectProtocol() {
    return votes.select(byId.values());
  }
}
