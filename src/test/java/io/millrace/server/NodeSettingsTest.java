package io.millrace.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.config.ConfigKey;
import io.millrace.config.NodeKeys;
import io.millrace.config.ReplicaKeys;
import io.millrace.config.Settings;
import io.millrace.metadata.ConfigResource;
import io.millrace.metadata.ImageBuilder;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord.Config;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class NodeSettingsTest {
  private static final ConfigKey<Long> KEY = ReplicaKeys.LEADER_REPLICATION_THROTTLED_RATE;
  private static final ConfigResource ALL = ConfigResource.brokerDefault();
  private static final ConfigResource ONE = ConfigResource.broker(1);

  private final NodeSettings settings = new NodeSettings(Settings.of(Map.of(KEY.name(), "10")), 1);
  private final List<Long> told = new ArrayList<>();
  private MetadataImage image = MetadataImage.EMPTY;

  private static Long rate(Settings values) {
    return values.get(KEY);
  }

  private void commit(ConfigResource resource, String value) {
    commit(resource, KEY.name(), value);
  }

  private void commit(ConfigResource resource, String key, String value) {
    ImageBuilder.Derived derived =
        new ImageBuilder(image)
            .apply(image.offset() + 1, List.of(new Config(resource, key, value)))
            .build();
    image = derived.image();
    settings.onDelta(derived.delta());
  }

  @Test
  void shouldTellWhatTheFileSaysAtFirst() {
    settings.on(Set.of(KEY), NodeSettingsTest::rate, Runnable::run, told::add);

    assertThat(told).containsExactly(10L);
  }

  @Test
  void shouldTellWhatIsCommittedWhenAPartComesLater() {
    commit(ALL, "20");

    settings.on(Set.of(KEY), NodeSettingsTest::rate, Runnable::run, told::add);

    assertThat(told).containsExactly(20L);
  }

  /** A part that takes its first values while a change is committed has the change in the end. */
  @Test
  void shouldTellAChangeThatComesMeanwhileAfterTheFirstValues() throws Exception {
    CountDownLatch changed = new CountDownLatch(1);
    Thread committing =
        new Thread(
            () -> {
              changed.countDown();
              commit(ALL, "20");
            });
    settings.on(
        Set.of(KEY),
        NodeSettingsTest::rate,
        Runnable::run,
        value -> {
          if (value == 10) {
            committing.start();
            awaitBlocked(committing, changed);
          }
          told.add(value);
        });
    committing.join();

    assertThat(told).containsExactly(10L, 20L);
  }

  /** The change has come as far as it can. */
  private static void awaitBlocked(Thread committing, CountDownLatch changed) {
    try {
      changed.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    while (committing.getState() != Thread.State.BLOCKED
        && committing.getState() != Thread.State.TERMINATED) {
      Thread.onSpinWait();
    }
  }

  @Test
  void shouldTellTheMostSpecificValueAndGoBackWhenItIsTakenAway() {
    settings.on(Set.of(KEY), NodeSettingsTest::rate, Runnable::run, told::add);

    commit(ALL, "20");
    commit(ONE, "30");
    commit(ALL, "40");
    commit(ONE, null);
    commit(ALL, null);

    assertThat(told).containsExactly(10L, 20L, 30L, 40L, 10L);
  }

  @Test
  void shouldNotTellOfAChangeOfOtherKeysOrNodes() {
    settings.on(Set.of(KEY), NodeSettingsTest::rate, Runnable::run, told::add);

    commit(ConfigResource.broker(2), "20");
    commit(ALL, NodeKeys.PRODUCER_ID_EXPIRATION_MS.name(), "1000");

    assertThat(told).containsExactly(10L);
    assertThat(settings.now().get(NodeKeys.PRODUCER_ID_EXPIRATION_MS)).isEqualTo(1000);
  }

  @Test
  void shouldTellWhereTheOwnerRunsInOrder() {
    Queue<Runnable> loop = new ArrayDeque<>();
    settings.on(Set.of(KEY), NodeSettingsTest::rate, loop::add, told::add);

    commit(ALL, "20");
    commit(ALL, "30");

    assertThat(told).isEmpty();
    loop.forEach(Runnable::run);
    assertThat(told).containsExactly(10L, 20L, 30L);
  }

  @Test
  void shouldTellTheOthersWhenOneFails() {
    settings.on(
        Set.of(KEY),
        NodeSettingsTest::rate,
        Runnable::run,
        value -> {
          throw new IllegalStateException("on purpose");
        });
    settings.on(Set.of(KEY), NodeSettingsTest::rate, Runnable::run, told::add);

    commit(ALL, "20");

    assertThat(told).containsExactly(10L, 20L);
  }

  @Test
  void shouldRefuseToFollowAKeyThatIsDeclaredReadOnly() {
    assertThatThrownBy(
            () ->
                settings.on(
                    Set.of(NodeKeys.HTTP_PORT),
                    values -> values.get(NodeKeys.HTTP_PORT),
                    Runnable::run,
                    port -> {}))
        .hasMessage("http.port is declared read-only");
  }
}
