package io.millrace.quorum.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.quorum.state.Message.Append;
import io.millrace.quorum.state.Message.AppendReply;
import java.util.List;
import org.junit.jupiter.api.Test;

/** When a leader confirms that what it has is the latest. */
class ReadRulesTest extends RulesFixture {
  @Test
  void shouldAnswerAReadOnceAMajorityStillFollows() {
    lead();
    long ticket = rules.readIndex();
    act();
    assertThat(reads).isEmpty();
    long round = sent(Append.class).get(0).round();
    receive(new AppendReply(B, SELF, 1, true, 2, 0, round - 1));
    assertThat(reads).isEmpty();
    receive(new AppendReply(C, SELF, 1, true, 2, 0, round));
    assertThat(reads).containsExactly(new Ready.Read(ticket, 2));
  }

  @Test
  void shouldSendReadsAwayWhenItLeadsNoMore() {
    lead();
    long ticket = rules.readIndex();
    receive(new Append(B, SELF, 2, 2, 1, List.of(), 0, 0));
    assertThat(reads).containsExactly(new Ready.Read(ticket, -1));
  }

  @Test
  void shouldNotTakeReadsAsFollower() {
    start(Stored.nothing(THREE));
    assertThat(rules.readIndex()).isEqualTo(-1);
  }
}
