package io.millrace.coordinator.transaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.coordinator.shard.CoordinatorRecord;
import io.millrace.coordinator.shard.Decision;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ProducerClientsTest {
  private static final ProducerClient FIRST = new ProducerClient("10.0.0.1:5000", "a");
  private static final ProducerClient SECOND = new ProducerClient("10.0.0.2:6000", null);

  private final Transactions transactions = new Transactions();
  private final ProducerClients clients = new ProducerClients(transactions);

  private static Transaction of(String id) {
    return new Transaction(
        id,
        7,
        -1,
        -1,
        (short) 3,
        (short) 2,
        (short) -1,
        60_000,
        TransactionState.EMPTY,
        Set.of(),
        -1,
        1_000,
        (short) 2);
  }

  private static Decision decided() {
    CoordinatorRecord record = TransactionRecords.of(of("id"), 2);
    return new Decision().append(record);
  }

  @Test
  void shouldRememberWhoBegan() {
    clients.onBegin("id", FIRST, decided());

    assertThat(clients.of("id")).isEqualTo(FIRST);
  }

  @Test
  void shouldNotRememberWhoWasRefused() {
    clients.onBegin("id", FIRST, new Decision());

    assertThat(clients.of("id")).isNull();
  }

  @Test
  void shouldRememberWhoAskedLast() {
    transactions.put(of("id"));
    clients.onBegin("id", FIRST, decided());
    clients.onRequest("id", 7, (short) 3, SECOND);

    assertThat(clients.of("id")).isEqualTo(SECOND);
  }

  @Test
  void shouldNotTakeAFencedOneForTheProducer() {
    transactions.put(of("id"));
    clients.onBegin("id", FIRST, decided());
    clients.onRequest("id", 7, (short) 2, SECOND);

    assertThat(clients.of("id")).isEqualTo(FIRST);
  }

  @Test
  void shouldNotForgetAClientForANodeThatAsksInItsPlace() {
    transactions.put(of("id"));
    clients.onBegin("id", FIRST, decided());
    clients.onRequest("id", 7, (short) 3, null);

    assertThat(clients.of("id")).isEqualTo(FIRST);
  }

  @Test
  void shouldNotRememberIdsThatNeverCameIntoBeing() {
    transactions.put(of("id"));
    clients.onBegin("id", FIRST, decided());
    for (int i = 0; i < 2_000; i++) {
      clients.onBegin("stranger-" + i, FIRST, decided());
    }

    assertThat(clients.of("id")).isEqualTo(FIRST);
    assertThat(clients.of("stranger-0")).isNull();
  }

  @Test
  void shouldCutALongClientId() {
    assertThat(new ProducerClient("a:1", "x".repeat(30_000)).clientId()).hasSize(256);
  }

  @Test
  void shouldNameWhoeverIsNotKnown() {
    assertThat(ProducerClient.shown(null)).isEqualTo("-");
    assertThat(ProducerClient.shown(SECOND)).isEqualTo("10.0.0.2:6000");
    assertThat(ProducerClient.shown(FIRST)).isEqualTo("10.0.0.1:5000 (client id a)");
  }
}
