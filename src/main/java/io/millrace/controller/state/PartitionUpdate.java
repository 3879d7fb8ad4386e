package io.millrace.controller.state;

import io.millrace.metadata.MetadataRecord.PartitionChange;
import io.millrace.metadata.PartitionImage;
import io.millrace.model.TopicId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;

/**
 * Makes the next state of one partition: first who is in the ISR, then who leads, then what of it
 * is a change. Made for one decision and thrown away.
 *
 * <p>The last ISR is KIP-966's ELR: while the ISR is smaller than {@code min.insync.replicas}, the
 * high watermark stands still, so whoever leaves such an ISR still has every acknowledged record
 * and may lead.
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
   * @param active whether a node may lead
   * @param minInsyncReplicas of its topic
   * @param unclean whether a replica from outside the ISR may lead when no other can
   * @param marksLoss whether {@code metadata.version} lets a possible loss be marked
   */
  record Terms(IntPredicate active, int minInsyncReplicas, boolean unclean, boolean marksLoss) {
    Terms withUnclean() {
      return new Terms(active, minInsyncReplicas, true, marksLoss);
    }
  }

  private final TopicId topic;
  private final PartitionImage old;
  private final Terms terms;
  private List<Integer> isr;
  private final Set<Integer> lastIsr;

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

  /** The only replica that there is was checked after an unclean stop: a new epoch to be sure. */
  PartitionUpdate recover(int nodeId) {
    if (old.replicas().size() == 1) {
      newEpoch = leader == nodeId;
    }
    return this;
  }

  /**
   * A replica may have lost a tail of its log: it leaves, and members of the last ISR take the
   * place of one that was alone. If there are none it stays, with a new leader epoch, so that
   * offsets given out again can be told from the lost ones (KIP-320).
   *
   * @param nothingLeft its log is gone altogether
   */
  PartitionUpdate loseTail(int nodeId, boolean nothingLeft) {
    lastIsr.remove(nodeId);
    suspects.add(nodeId);
    if (!isr.contains(nodeId)) {
      return this;
    }
    if (isr.size() == 1 && !lastIsr.isEmpty()) {
      isr = new ArrayList<>(lastIsr);
    } else if (isr.size() == 1) {
      newEpoch = leader == nodeId;
      possibleLoss |= nothingLeft || old.replicas().size() > 1;
    } else {
      isr.remove((Integer) nodeId);
    }
    return this;
  }

  /** The leader's own proposal; it is a member. */
  PartitionUpdate changeIsr(List<Integer> proposed) {
    isr = new ArrayList<>(proposed);
    if (isr.size() > 1) {
      possibleLoss = false;
    }
    return this;
  }

  /** The first replica leads if it may. */
  PartitionUpdate electPreferred() {
    int preferred = old.replicas().get(0);
    if (terms.active().test(preferred) && isr.contains(preferred)) {
      leader = preferred;
    }
    return this;
  }

  /** Keeps a leader that may lead, finds one for a partition that has none, or there is none. */
  PartitionUpdate elect() {
    if (leader != PartitionImage.NO_LEADER && terms.active().test(leader) && isr.contains(leader)) {
      return this;
    }
    leader = first(isr);
    if (leader != PartitionImage.NO_LEADER) {
      return this;
    }
    leader = first(lastIsr);
    if (leader == PartitionImage.NO_LEADER && terms.unclean()) {
      leader = first(old.replicas());
      // What the others have is no longer what the leader has.
      if (leader != PartitionImage.NO_LEADER) {
        suspects.addAll(old.replicas());
        possibleLoss = true;
      }
    }
    if (leader != PartitionImage.NO_LEADER) {
      isr = new ArrayList<>(List.of(leader));
    }
    return this;
  }

  /** As {@link #elect}, but a leader that there is stays in any case. */
  PartitionUpdate electIfNone() {
    return leader == PartitionImage.NO_LEADER ? elect() : this;
  }

  private int first(Iterable<Integer> eligible) {
    for (int nodeId : old.replicas()) {
      if (terms.active().test(nodeId)) {
        for (int candidate : eligible) {
          if (candidate == nodeId) {
            return nodeId;
          }
        }
      }
    }
    return PartitionImage.NO_LEADER;
  }

  /** Who leads, as decided so far. */
  int leader() {
    return leader;
  }

  /** null = nothing changes. */
  PartitionChange build() {
    List<Integer> last = lastIsrNow();
    boolean sameIsr = isr.equals(old.isr());
    boolean sameLast = last.equals(old.lastIsr());
    boolean sameLeader = leader == old.leader() && !newEpoch;
    boolean mark = terms.marksLoss() && possibleLoss != old.possibleLoss();
    if (sameIsr && sameLast && sameLeader && !mark) {
      return null;
    }
    return new PartitionChange(
        topic,
        old.partition(),
        null,
        sameIsr ? null : isr,
        sameLast ? null : last,
        sameLeader ? null : (Integer) leader,
        mark ? (Boolean) possibleLoss : null);
  }

  private List<Integer> lastIsrNow() {
    if (isr.size() >= Math.min(terms.minInsyncReplicas(), old.replicas().size())) {
      return List.of();
    }
    Set<Integer> members = new LinkedHashSet<>(lastIsr);
    members.addAll(old.isr());
    members.removeAll(isr);
    members.removeAll(suspects);
    return List.copyOf(members);
  }
}
