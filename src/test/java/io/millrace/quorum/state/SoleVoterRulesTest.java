package io.millrace.quorum.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.MetadataRecord.Feature;
import io.millrace.metadata.MetadataRecord.NoOp;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class SoleVoterRulesTest {
  private static final int NODE = 4;

  private static SoleVoterRules fresh() {
    return new SoleVoterRules(NODE, HardState.INITIAL, 0, 0);
  }

  private static SoleVoterRules leader() {
    SoleVoterRules rules = fresh();
    rules.campaign();
    rules.onHardStatePersisted(rules.ready().hardState());
    rules.ready();
    rules.onPersisted(1);
    return rules;
  }

  private static List<MetadataRecord> records(int count) {
    return Collections.nCopies(count, new Feature("f", 1));
  }

  @Test
  void shouldPersistItsVoteBeforeItAppendsAnything() {
    SoleVoterRules rules = fresh();
    rules.campaign();
    SoleVoterReady ready = rules.ready();
    assertThat(ready.hardState()).isEqualTo(HardState.ofNode(1, NODE));
    assertThat(ready.append()).isEmpty();
    assertThat(rules.role()).isEqualTo(SoleVoterRules.Role.CANDIDATE);
  }

  @Test
  void shouldHaveNothingToWriteAfterAVoteThatCouldNotBeWritten() {
    SoleVoterRules rules = fresh();
    rules.campaign();
    rules.ready();

    rules.onAppendFailed();

    assertThat(rules.ready().isEmpty()).isTrue();
    rules.campaign();
    assertThat(rules.ready().hardState()).isEqualTo(HardState.ofNode(2, NODE));
  }

  @Test
  void shouldStartItsTermWithANoOp() {
    SoleVoterRules rules = fresh();
    rules.campaign();
    rules.onHardStatePersisted(rules.ready().hardState());
    assertThat(rules.ready())
        .isEqualTo(new SoleVoterReady(null, List.of(new Entry(0, 1, List.of(NoOp.INSTANCE)))));
  }

  @Test
  void shouldTakeProposalsOnlyOnceItsNoOpIsCommitted() {
    SoleVoterRules rules = fresh();
    rules.campaign();
    rules.onHardStatePersisted(rules.ready().hardState());
    rules.ready();
    assertThat(rules.isActive()).isFalse();
    assertThatThrownBy(() -> rules.propose(records(1))).isInstanceOf(IllegalStateException.class);
    rules.onPersisted(1);
    assertThat(rules.isActive()).isTrue();
  }

  @Test
  void shouldRaiseTheTermWithEachCampaign() {
    SoleVoterRules rules = new SoleVoterRules(NODE, HardState.ofNode(7, 2), 0, 20);
    rules.campaign();
    assertThat(rules.ready().hardState()).isEqualTo(HardState.ofNode(8, NODE));
  }

  @Test
  void shouldCommitEarlierTermsOnlyThroughItsNoOp() {
    SoleVoterRules rules = new SoleVoterRules(NODE, HardState.ofNode(7, NODE), 3, 20);
    rules.campaign();
    rules.onHardStatePersisted(rules.ready().hardState());
    assertThat(rules.committedEnd()).isEqualTo(3);
    rules.ready();
    rules.onPersisted(21);
    assertThat(rules.committedEnd()).isEqualTo(21);
  }

  @Test
  void shouldCommitWhatIsPersisted() {
    SoleVoterRules rules = leader();
    assertThat(rules.propose(records(3))).isEqualTo(3);
    assertThat(rules.propose(records(1))).isEqualTo(4);
    List<Entry> entries = rules.ready().append();
    assertThat(entries).containsExactly(new Entry(1, 1, records(3)), new Entry(4, 1, records(1)));
    assertThat(rules.onPersisted(4)).containsExactly(entries.get(0));
    assertThat(rules.onPersisted(5)).containsExactly(entries.get(1));
    assertThat(rules.committedEnd()).isEqualTo(5);
  }

  @Test
  void shouldHandOutEachEntryOnce() {
    SoleVoterRules rules = leader();
    rules.propose(records(1));
    assertThat(rules.ready().append()).hasSize(1);
    assertThat(rules.ready().isEmpty()).isTrue();
    rules.propose(records(1));
    assertThat(rules.ready().append()).containsExactly(new Entry(2, 1, records(1)));
  }

  @Test
  void shouldGiveTheOffsetsOfAFailedAppendToTheNextTerm() {
    SoleVoterRules rules = leader();
    rules.propose(records(2));
    rules.propose(records(2));
    rules.ready();
    assertThat(rules.onPersisted(3)).hasSize(1);
    rules.onAppendFailed();
    assertThat(rules.isActive()).isFalse();
    rules.campaign();
    SoleVoterReady vote = rules.ready();
    assertThat(vote.append()).isEmpty();
    rules.onHardStatePersisted(vote.hardState());
    assertThat(rules.ready().append()).containsExactly(new Entry(3, 2, List.of(NoOp.INSTANCE)));
  }

  @Test
  void shouldNotUseATermTwiceWhoseVoteWasNotPersisted() {
    SoleVoterRules rules = fresh();
    rules.campaign();
    rules.ready();
    rules.onAppendFailed();
    rules.campaign();
    assertThat(rules.ready().hardState()).isEqualTo(HardState.ofNode(2, NODE));
  }

  @Test
  void shouldDoNothingMoreAfterTheDiskFailed() {
    SoleVoterRules rules = leader();
    rules.propose(records(1));
    rules.onDiskFailed();
    assertThat(rules.ready().append()).isEmpty();
    assertThat(rules.isActive()).isFalse();
    assertThatThrownBy(rules::campaign).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void shouldRefuseAPersistedEndThatCannotBe() {
    SoleVoterRules rules = leader();
    assertThatThrownBy(() -> rules.onPersisted(2)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> rules.onPersisted(0)).isInstanceOf(IllegalStateException.class);
  }
}
