package io.millrace.api.peer;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ControllerCallsTest {
  private final Vertx vertx = Vertx.vertx();
  private final List<String> sent = new ArrayList<>();
  private int leader = 1;
  private Runnable meanwhile = () -> {};
  private final ControllerCalls calls =
      new ControllerCalls(vertx, this::leader, new ControllerCalls.Limits(20_000, 10_000, 5, 20));

  @AfterEach
  void close() {
    vertx.close().await();
  }

  private int leader() {
    happen();
    return leader;
  }

  private Future<Void> send(boolean again) {
    sent.add("to " + leader + (again ? " again" : ""));
    happen();
    return Promise.<Void>promise().future();
  }

  private void happen() {
    Runnable once = meanwhile;
    meanwhile = () -> {};
    once.run();
  }

  private void changeLeader() {
    leader = 3;
    calls.onLeaderChange();
  }

  @Test
  void shouldSendOnceWhenTheLeaderChangesJustBefore() {
    meanwhile = this::changeLeader;
    calls.run(this::send);
    assertThat(sent).containsExactly("to 3");
  }

  @Test
  void shouldSendAgainWhenTheLeaderChangesJustAfter() {
    calls.run(
        again -> {
          if (!again) {
            meanwhile = this::changeLeader;
          }
          return send(again);
        });
    assertThat(sent).containsExactly("to 1", "to 3 again");
  }
}
