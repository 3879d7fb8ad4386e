package io.millrace.controller.state;

import io.millrace.metadata.MetadataRecord.PartitionChange;
import io.millrace.metadata.PartitionImage;
import io.millrace.model.TopicId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;

/**
 * Makes the next state of one partition: first who is in the ISR, then who leads, then what of it
 * is a change. Made for one decision and thrown away.
 *
 * <p>A reassignment (KIP-455) that is under way is complete as soon as all replicas that the
 * partition is to have are in the ISR, whatever brought that about: then the others leave. The
 * leader epoch grows whenever a replica leaves, so that what such a node has asked for before
 * counts no more when it comes back with an empty log.
 *
 * <p>The last ISR is KIP-966's ELR: while the ISR is smaller than {@code min.insync.replicas}, the
 * high watermark stands still, so whoever leaves such an ISR still has every acknowledged record
 * and may lead.
 *
 * <p>A replica that leaves because the end of its log may be lost is remembered: when the power of
 * all fails, they come back one after the other, and any of them may have the most. When the last
 * member of the ISR may be cut too, the partition has no leader until {@link UncleanRecovery} knows
 * which of them that is.
 *
 * <p>Invariant: the ISR is never empty, and each member of ISR and last ISR has every record that
 * was acknowledged to acks=all with {@code min.insync.replicas} met, unless {@code possibleLoss}
 * says otherwise.
 *
 * <p>Owner: whoever made it.
 */
final class PartitionUpdate {
  /**
   * What holds for a partition at the moment.
   *
   * @param active whether the replica on a node may lead
   * @param ready whether it takes records besides; who does goes first, and another leads only when
   *     nobody in the ISR does
   * @param minInsyncReplicas of its topic
   * @param unclean whether a replica from outside the ISR may lead when no other can
   * @param marksLoss whether {@code metadata.version} lets a possible loss be marked
   * @param remembersCut whether it lets replicas be remembered whose logs may be cut
   */
  record Terms(
      IntPredicate active,
      IntPredicate ready,
      int minInsyncReplicas,
      boolean unclean,
      boolean marksLoss,
      boolean remembersCut) {
    /** Every replica that may lead takes records. */
    Terms(
        IntPredicate active,
        int minInsyncReplicas,
        boolean unclean,
        boolean marksLoss,
        boolean remembersCut) {
      this(active, active, minInsyncReplicas, unclean, marksLoss, remembersCut);
    }

    Terms with(IntPredicate nowActive, IntPredicate nowReady) {
      return new Terms(nowActive, nowReady, minInsyncReplicas, unclean, marksLoss, remembersCut);
    }

    Terms withUnclean() {
      return new Terms(active, ready, minInsyncReplicas, true, marksLoss, remembersCut);
    }
  }

  private final TopicId topic;
  private final PartitionImage old;
  private final Terms terms;
  private List<Integer> isr;
  private final Set<Integer> lastIsr;
  private final Set<Integer> maybeCut;
  private List<Integer> replicas;
  private List<Integer> adding;
  private List<Integer> removing;

  /** Replicas that may have lost records of theirs. */
  private final Set<Integer> suspects = new HashSet<>();

  private int leader;
  private boolean newEpoch;
  private boolean possibleLoss;

  PartitionUpdate(TopicId topic, PartitionImage old, Terms terms) {
    this.topic = topic;
    this.old = old;
    this.terms = terms;
    this.isr = new ArrayList<>(old.isr());
    this.lastIsr = new LinkedHashSet<>(old.lastIsr());
    this.maybeCut = new LinkedHashSet<>(old.maybeCut());
    this.replicas = old.replicas();
    this.adding = old.adding();
    this.removing = old.removing();
    this.leader = old.leader();
    this.possibleLoss = old.possibleLoss();
  }

  /** A member that has all its records leaves, unless it is the last. */
  PartitionUpdate leave(int nodeId) {
    if (isr.size() > 1) {
      isr.remove((Integer) nodeId);
    }
    return this;
  }

  /**
   * A member leaves that is not heard of any more. Where the others are not either, all of them may
   * have lost their power, and any of them may have the most.
   *
   * @param heard whether a node was heard of lately
   */
  PartitionUpdate goMissing(int nodeId, IntPredicate heard) {
    leave(nodeId);
    if (terms.remembersCut()
        && old.isr().contains(nodeId)
        && !isr.contains(nodeId)
        && isr.stream().noneMatch(heard::test)) {
      maybeCut.add(nodeId);
    }
    return this;
  }

  /** The only replica that there is was checked after an unclean stop: a new epoch to be sure. */
  PartitionUpdate recover(int nodeId) {
    if (old.replicas().size() == 1) {
      newEpoch = leader == nodeId;
    }
    return this;
  }

  /**
   * A replica may have lost a tail of its log: it leaves, and members of the last ISR take the
   * place of one that was alone. If there are none, and other logs may be cut as well, the one that
   * reaches furthest is to be found. If there are none of those either it stays, with a new leader
   * epoch, so that offsets given out again can be told from the lost ones (KIP-320); but where it
   * has nothing left, all other replicas are compared.
   *
   * @param nothingLeft its log is gone altogether
   */
  PartitionUpdate loseTail(int nodeId, boolean nothingLeft) {
    boolean wasMember = lastIsr.remove(nodeId) || isr.contains(nodeId);
    suspects.add(nodeId);
    remember(nodeId, wasMember, nothingLeft);
    if (!isr.contains(nodeId)) {
      return this;
    }
    if (isr.size() > 1) {
      isr.remove((Integer) nodeId);
    } else if (!lastIsr.isEmpty()) {
      isr = new ArrayList<>(lastIsr);
    } else {
      loseTailOfLast(nodeId, nothingLeft);
    }
    return this;
  }

  private void loseTailOfLast(int nodeId, boolean nothingLeft) {
    if (nothingLeft && maybeCut.isEmpty() && terms.remembersCut()) {
      // Whatever they lack, they have more than nothing, and would be cut to that.
      maybeCut.addAll(without(replicas, List.of(nodeId)));
    }
    if (Set.of(nodeId).containsAll(maybeCut)) {
      maybeCut.clear();
      newEpoch = leader == nodeId;
      possibleLoss |= nothingLeft || old.replicas().size() > 1;
    } else if (nothingLeft) {
      standIn();
    }
  }

  /** Whoever registers while nobody leads may have left the ISR by the same loss of power. */
  private void remember(int nodeId, boolean wasMember, boolean nothingLeft) {
    if (nothingLeft) {
      maybeCut.remove(nodeId);
    } else if (terms.remembersCut()
        && (wasMember || (leader == PartitionImage.NO_LEADER && replicas.contains(nodeId)))) {
      maybeCut.add(nodeId);
    }
  }

  /** The ISR is never empty: another one whose log may be cut takes the last member's place. */
  private void standIn() {
    List<Integer> order = new ArrayList<>(replicas);
    order.retainAll(maybeCut);
    isr = new ArrayList<>(order.subList(0, 1));
  }

  /** A node is forgotten: nobody waits any more to hear how far its log reaches. */
  PartitionUpdate forget(int nodeId) {
    boolean waited = awaitsLogEnds();
    if (!maybeCut.remove(nodeId)) {
      return this;
    }
    suspects.add(nodeId);
    if (waited && isr.contains(nodeId)) {
      standIn();
    }
    return this;
  }

  /** As {@link PartitionImage#awaitsLogEnds}, whoever leads. */
  private boolean awaitsLogEnds() {
    return isr.size() == 1 && maybeCut.contains(isr.get(0));
  }

  /** Nobody is left to be compared with: what the last one has is what there is. */
  private void settleForTheLast() {
    if (awaitsLogEnds() && maybeCut.size() == 1) {
      maybeCut.clear();
      possibleLoss = true;
    }
  }

  /**
   * The replica that has the most of those that may lead, as far as is known, leads; acknowledged
   * records may be lost.
   *
   * @param best whether nobody can have more: the others are remembered until they are in sync, for
   *     its log is no safer than theirs. Otherwise they are given up
   */
  PartitionUpdate leadUncleanly(int nodeId, boolean best) {
    leader = nodeId;
    isr = new ArrayList<>(List.of(nodeId));
    maybeCut.remove(nodeId);
    if (!best) {
      maybeCut.clear();
    }
    // What the others have is no longer what the leader has.
    suspects.addAll(replicas);
    possibleLoss = true;
    return this;
  }

  /** The leader's own proposal; it is a member. */
  PartitionUpdate changeIsr(List<Integer> proposed) {
    isr = new ArrayList<>(proposed);
    maybeCut.removeAll(isr);
    if (isr.size() > 1) {
      possibleLoss = false;
    }
    return this;
  }

  /**
   * The partition is to have these replicas. What an earlier reassignment was adding, and this one
   * does not, leaves at once: the new one begins where a cancellation of the old one would lead to.
   * When nobody who stays is in the ISR, the last ISR takes its place.
   */
  PartitionUpdate reassign(List<Integer> target) {
    List<Integer> original = old.originalReplicas();
    adding = without(target, original);
    removing = without(original, target);
    List<Integer> all = new ArrayList<>(target);
    all.addAll(removing);
    replicas = all;
    isr.retainAll(replicas);
    lastIsr.retainAll(replicas);
    maybeCut.retainAll(replicas);
    if (isr.isEmpty()) {
      isr.addAll(lastIsr);
    }
    return this;
  }

  /** Whether there is anybody who has every acknowledged record. */
  boolean hasComplete() {
    return !isr.isEmpty();
  }

  /** Somebody who stays takes the place of an ISR of which nobody does; records may be lost. */
  PartitionUpdate giveUpIsr() {
    List<Integer> order = inUncleanOrder();
    int successor = firstOf(order);
    isr =
        new ArrayList<>(List.of(successor == PartitionImage.NO_LEADER ? order.get(0) : successor));
    suspects.addAll(replicas);
    maybeCut.clear();
    possibleLoss = true;
    return this;
  }

  private void completeReassignment() {
    List<Integer> target = without(replicas, removing);
    if ((adding.isEmpty() && removing.isEmpty())
        || !isr.containsAll(target)
        || awaitsLogEnds()
        || target.stream().noneMatch(terms.active()::test)) {
      return;
    }
    replicas = target;
    adding = List.of();
    removing = List.of();
    isr.retainAll(target);
    lastIsr.retainAll(target);
    maybeCut.retainAll(target);
    if (!isr.contains(leader)) {
      leader = first(isr);
    }
  }

  private static List<Integer> without(List<Integer> all, List<Integer> some) {
    List<Integer> left = new ArrayList<>(all);
    left.removeAll(some);
    return left;
  }

  /** The first replica leads if it may. */
  PartitionUpdate electPreferred() {
    int preferred = replicas.get(0);
    if (isr.contains(preferred) && suits(preferred) && !awaitsLogEnds()) {
      leader = preferred;
    }
    return this;
  }

  /** Keeps a leader that may lead, finds one for a partition that has none, or there is none. */
  PartitionUpdate elect() {
    settleForTheLast();
    if (awaitsLogEnds()) {
      leader = PartitionImage.NO_LEADER;
      return this;
    }
    if (leader != PartitionImage.NO_LEADER && isr.contains(leader) && suits(leader)) {
      return this;
    }
    leader = first(isr);
    if (leader != PartitionImage.NO_LEADER) {
      return this;
    }
    leader = first(lastIsr);
    if (leader == PartitionImage.NO_LEADER && terms.unclean()) {
      leader = firstOf(inUncleanOrder());
      if (leader != PartitionImage.NO_LEADER) {
        leadUncleanly(leader, /* best= */ false);
      }
    }
    if (leader != PartitionImage.NO_LEADER) {
      isr = new ArrayList<>(List.of(leader));
    }
    return this;
  }

  /**
   * Whether it may lead, and does not keep the lead from one that takes records while it does not.
   */
  private boolean suits(int nodeId) {
    return terms.ready().test(nodeId)
        || (terms.active().test(nodeId) && isr.stream().noneMatch(terms.ready()::test));
  }

  /** As {@link #elect}, but a leader that there is stays in any case. */
  PartitionUpdate electIfNone() {
    return leader == PartitionImage.NO_LEADER ? elect() : this;
  }

  /** Who leads when somebody must, whatever is lost; -1 = no replica serves. */
  int firstUnclean() {
    return firstOf(inUncleanOrder());
  }

  /** Replicas that a reassignment is adding come last: they may have nothing yet. */
  private List<Integer> inUncleanOrder() {
    List<Integer> order = without(replicas, adding);
    order.addAll(adding);
    return order;
  }

  /** The first in the order of replicas. */
  private int first(Collection<Integer> eligible) {
    List<Integer> order = new ArrayList<>(replicas);
    order.retainAll(eligible);
    return firstOf(order);
  }

  private int firstOf(List<Integer> order) {
    int first = firstOf(order, terms.ready());
    return first == PartitionImage.NO_LEADER ? firstOf(order, terms.active()) : first;
  }

  private static int firstOf(List<Integer> order, IntPredicate such) {
    for (int nodeId : order) {
      if (such.test(nodeId)) {
        return nodeId;
      }
    }
    return PartitionImage.NO_LEADER;
  }

  /** Who leads, as decided so far. */
  int leader() {
    return leader;
  }

  /** Who is in sync, as decided so far. */
  List<Integer> isr() {
    return List.copyOf(isr);
  }

  /** Whether another leader epoch begins; known behind {@link #build}. */
  boolean beginsEpoch() {
    return newEpoch || leader != old.leader();
  }

  /** null = nothing changes. */
  PartitionChange build() {
    completeReassignment();
    newEpoch |= !replicas.containsAll(old.replicas());
    List<Integer> last = lastIsrNow();
    boolean sameIsr = isr.equals(old.isr());
    boolean sameLast = last.equals(old.lastIsr());
    boolean sameLeader = leader == old.leader() && !newEpoch;
    boolean mark = terms.marksLoss() && possibleLoss != old.possibleLoss();
    boolean sameReplicas = replicas.equals(old.replicas());
    boolean sameAdding = adding.equals(old.adding());
    boolean sameRemoving = removing.equals(old.removing());
    last.forEach(maybeCut::remove);
    List<Integer> cut = List.copyOf(maybeCut);
    boolean sameCut = cut.equals(old.maybeCut());
    if (sameIsr
        && sameLast
        && sameLeader
        && !mark
        && sameReplicas
        && sameAdding
        && sameRemoving
        && sameCut) {
      return null;
    }
    return new PartitionChange(
        topic,
        old.partition(),
        sameReplicas ? null : replicas,
        sameIsr ? null : isr,
        sameLast ? null : last,
        sameLeader ? null : (Integer) leader,
        mark ? (Boolean) possibleLoss : null,
        sameAdding ? null : adding,
        sameRemoving ? null : removing,
        sameCut ? null : cut);
  }

  private List<Integer> lastIsrNow() {
    if (isr.size() >= Math.min(terms.minInsyncReplicas(), replicas.size())) {
      return List.of();
    }
    Set<Integer> members = new LinkedHashSet<>(lastIsr);
    members.addAll(old.isr());
    members.removeAll(isr);
    members.removeAll(suspects);
    members.retainAll(replicas);
    return List.copyOf(members);
  }
}
