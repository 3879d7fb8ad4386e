package io.millrace.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.telemetry.ClientInstances.Asked;
import io.millrace.telemetry.Push.Point;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who may ask and push when. */
class ClientInstancesTest {
  private static final int MAX_BYTES = 1_000;
  private static final Uuid ID = new Uuid(1, 2);

  private final ClientInstances instances = new ClientInstances(MAX_BYTES);
  private final Object connection = new Object();
  private long nowMs = 1_000_000;

  @BeforeEach
  void subscribe() {
    instances.subscriptions(every(1_000));
  }

  private static Subscriptions every(int intervalMs) {
    return new Subscriptions(List.of(new Subscription("s", Set.of("*"), intervalMs, List.of())));
  }

  private static ClientTraits client(Uuid id) {
    return new ClientTraits(id, "c", "n", "v", "10.0.0.7", 5_000);
  }

  private Asked get() {
    return instances.get(client(ID), connection, nowMs, nowMs);
  }

  private Errors push(PushHead head) {
    return instances.checkPush(head, client(ID), connection, nowMs, nowMs);
  }

  private PushHead head(int subscriptionId) {
    return new PushHead(subscriptionId, false, true, 10);
  }

  private static Push of(String metric, double value) {
    return new Push(
        Map.of(),
        List.of(
            new Point(
                new Series.Id(metric, Map.of()), Series.Kind.COUNTER, true, Reading.of(value))),
        0);
  }

  @Test
  void shouldTellWhatIsWanted() {
    Asked asked = get();

    assertThat(asked.error()).isEqualTo(Errors.NONE);
    assertThat(asked.instanceId()).isEqualTo(ID);
    assertThat(asked.intervalMs()).isEqualTo(1_000);
    assertThat(asked.metrics()).containsExactly("*");
  }

  @Test
  void shouldWantNothingForFiveMinutesWithoutSubscriptions() {
    instances.subscriptions(Subscriptions.NONE);

    Asked asked = get();

    assertThat(asked.metrics()).isEmpty();
    assertThat(asked.intervalMs()).isEqualTo(300_000);
  }

  @Test
  void shouldThrottleWhoAsksAgainTooSoon() {
    get();
    nowMs += 999;
    assertThat(get().error()).isEqualTo(Errors.THROTTLING_QUOTA_EXCEEDED);
    nowMs += 1;
    assertThat(get().error()).isEqualTo(Errors.NONE);
  }

  @Test
  void shouldTakeThePushThatFollowsTheSubscriptionAtOnce() {
    Asked asked = get();

    assertThat(push(head(asked.subscriptionId()))).isEqualTo(Errors.NONE);
  }

  @Test
  void shouldThrottleWhoPushesAgainTooSoon() {
    Asked asked = get();
    nowMs += 1;
    push(head(asked.subscriptionId()));
    nowMs += 999;
    assertThat(push(head(asked.subscriptionId()))).isEqualTo(Errors.THROTTLING_QUOTA_EXCEEDED);
    nowMs += 1;
    assertThat(push(head(asked.subscriptionId()))).isEqualTo(Errors.NONE);
  }

  @Test
  void shouldTakeTheLastPushAtAnyTimeAndNoneAfterIt() {
    Asked asked = get();
    nowMs += 1;
    push(head(asked.subscriptionId()));
    nowMs += 1;
    PushHead last = new PushHead(asked.subscriptionId(), true, true, 10);

    assertThat(push(last)).isEqualTo(Errors.NONE);
    nowMs += 5_000;
    assertThat(push(head(asked.subscriptionId()))).isEqualTo(Errors.INVALID_REQUEST);
  }

  @Test
  void shouldTellAPusherThatItsSubscriptionIsAnotherAndLetItAskAtOnce() {
    Asked before = get();
    nowMs += 1;
    push(head(before.subscriptionId()));
    nowMs += 1;
    instances.subscriptions(every(2_000));

    assertThat(push(head(before.subscriptionId()))).isEqualTo(Errors.UNKNOWN_SUBSCRIPTION_ID);
    Asked now = get();
    assertThat(now.error()).isEqualTo(Errors.NONE);
    assertThat(now.subscriptionId()).isNotEqualTo(before.subscriptionId());
    assertThat(now.intervalMs()).isEqualTo(2_000);
  }

  @Test
  void shouldKnowTheSubscriptionOfAnInstanceThatComesFromAnotherNode() {
    Asked there = new ClientInstances(MAX_BYTES).get(client(ID), connection, nowMs, nowMs);
    ClientInstances other = new ClientInstances(MAX_BYTES);
    other.subscriptions(every(1_000));
    Asked asked = other.get(client(ID), connection, nowMs, nowMs);

    assertThat(push(head(asked.subscriptionId()))).isEqualTo(Errors.NONE);
    assertThat(there.subscriptionId()).isNotEqualTo(asked.subscriptionId());
  }

  @Test
  void shouldRefuseWhatCannotBeReadAndLetTheClientAskAtOnce() {
    Asked asked = get();

    assertThat(push(new PushHead(asked.subscriptionId(), false, false, 10)))
        .isEqualTo(Errors.UNSUPPORTED_COMPRESSION_TYPE);
    assertThat(get().error()).isEqualTo(Errors.NONE);
  }

  @Test
  void shouldRefuseWhatIsTooLarge() {
    Asked asked = get();

    assertThat(push(new PushHead(asked.subscriptionId(), false, true, MAX_BYTES + 1)))
        .isEqualTo(Errors.TELEMETRY_TOO_LARGE);
  }

  @Test
  void shouldRefuseReservedIds() {
    assertThat(instances.checkPush(head(0), client(Uuid.ZERO_UUID), connection, nowMs, nowMs))
        .isEqualTo(Errors.INVALID_REQUEST);
    assertThat(instances.views()).isEmpty();
  }

  @Test
  void shouldForgetAnInstanceWithItsConnection() {
    get();
    instances.disconnected(connection);
    assertThat(instances.views()).isEmpty();
  }

  @Test
  void shouldKeepAnInstanceThatHasANewConnection() {
    get();
    nowMs += 1_000;
    instances.get(client(ID), new Object(), nowMs, nowMs);
    instances.disconnected(connection);

    assertThat(instances.views()).hasSize(1);
  }

  @Test
  void shouldForgetWhoIsSilentForThreeIntervalsOrAMinute() {
    get();
    instances.expire(nowMs + 59_999);
    assertThat(instances.views()).hasSize(1);
    instances.expire(nowMs + 60_000);
    assertThat(instances.views()).isEmpty();

    instances.subscriptions(every(30_000));
    get();
    instances.expire(nowMs + 89_999);
    assertThat(instances.views()).hasSize(1);
    instances.expire(nowMs + 90_000);
    assertThat(instances.views()).isEmpty();
  }

  @Test
  void shouldForgetWhoWasSilentForTheLongestTimeWhenThereAreTooMany() {
    for (int i = 0; i < ClientInstances.MAX_INSTANCES; i++) {
      instances.get(client(new Uuid(7, i)), new Object(), nowMs, nowMs);
    }
    instances.checkPush(head(0), client(new Uuid(7, 0)), new Object(), nowMs, nowMs);

    get();

    List<Uuid> known = new ArrayList<>();
    instances.views().forEach(view -> known.add(view.traits().instanceId()));
    assertThat(known)
        .hasSize(ClientInstances.MAX_INSTANCES)
        .contains(ID, new Uuid(7, 0))
        .doesNotContain(new Uuid(7, 1));
  }

  @Test
  void shouldAddUpWhatIsPushed() {
    get();
    instances.take(ID, of("sent", 3), nowMs);
    instances.take(ID, of("sent", 4), nowMs + 1);

    ClientView view = instances.views().get(0);
    assertThat(view.series()).hasSize(1);
    assertThat(view.series().get(0).reading().value()).isEqualTo(7);
    assertThat(view.lastPushMs()).isEqualTo(nowMs + 1);
  }

  @Test
  void shouldKeepWhatWasPushedWhenTheSubscriptionChanges() {
    get();
    instances.take(ID, of("sent", 3), nowMs);
    instances.subscriptions(every(500));
    get();
    instances.take(ID, of("sent", 4), nowMs);

    assertThat(instances.views().get(0).series().get(0).reading().value()).isEqualTo(7);
  }

  @Test
  void shouldKeepNoMoreSeriesThanThereIsRoomFor() {
    List<Point> points = new ArrayList<>();
    for (int i = 0; i < ClientInstances.MAX_SERIES_OF_ONE; i++) {
      points.addAll(of("m" + i, 1).points());
    }
    int full = ClientInstances.MAX_SERIES / ClientInstances.MAX_SERIES_OF_ONE;
    int dropped = 0;
    for (int i = 0; i <= full; i++) {
      Uuid id = new Uuid(7, i);
      instances.get(client(id), new Object(), nowMs, nowMs);
      dropped += instances.take(id, new Push(Map.of(), points, 5), nowMs);
    }

    assertThat(instances.views().stream().mapToInt(view -> view.series().size()).sum())
        .isEqualTo(ClientInstances.MAX_SERIES);
    assertThat(dropped).isEqualTo(5 * (full + 1) + ClientInstances.MAX_SERIES_OF_ONE);
  }

  /** As long as they may be, in all that a client can choose. */
  private static Map<String, String> longAttributes(int of) {
    Map<String, String> attributes = new HashMap<>();
    for (int i = 0; i < OtlpReader.MAX_ATTRIBUTES; i++) {
      String text = of + "-" + i;
      attributes.put(text, text + "x".repeat(OtlpReader.MAX_TEXT - text.length()));
    }
    return attributes;
  }

  private static List<Point> longPoints() {
    List<Point> points = new ArrayList<>();
    for (int i = 0; i < ClientInstances.MAX_SERIES_OF_ONE; i++) {
      Series.Id id = new Series.Id("m", longAttributes(i));
      points.add(new Point(id, Series.Kind.GAUGE, false, Reading.of(1)));
    }
    return points;
  }

  @Test
  void shouldKeepNoMoreBytesThanThereIsRoomFor() {
    List<Point> points = longPoints();
    int dropped = 0;
    for (int i = 0; i < 4; i++) {
      Uuid id = new Uuid(7, i);
      instances.get(client(id), new Object(), nowMs, nowMs);
      dropped += instances.take(id, new Push(longAttributes(i), points, 0), nowMs);
    }

    List<ClientView> views = instances.views();
    long bytes =
        views.stream()
            .flatMap(view -> view.series().stream())
            .mapToLong(series -> Series.bytesOf(series.id().attributes()))
            .sum();
    assertThat(bytes)
        .isBetween(ClientInstances.MAX_SERIES_BYTES * 9 / 10, ClientInstances.MAX_SERIES_BYTES);
    int kept = views.stream().mapToInt(view -> view.series().size()).sum();
    assertThat(dropped).isEqualTo(4 * ClientInstances.MAX_SERIES_OF_ONE - kept);
  }

  @Test
  void shouldHaveRoomAgainWhenTheLargeOnesAreGone() {
    shouldKeepNoMoreBytesThanThereIsRoomFor();
    instances.expire(nowMs + 60_000);
    get();

    assertThat(instances.take(ID, new Push(longAttributes(0), longPoints(), 0), nowMs)).isZero();
  }

  @Test
  void shouldCountTheBytesOfAnInstanceOnceHoweverOftenItPushes() {
    Push push = new Push(longAttributes(0), longPoints(), 0);
    get();
    for (int i = 0; i < 5; i++) {
      assertThat(instances.take(ID, push, nowMs)).isZero();
    }
    Uuid other = new Uuid(7, 1);
    instances.get(client(other), new Object(), nowMs, nowMs);

    assertThat(instances.take(other, push, nowMs)).isZero();
  }

  private static ClientInstance instance() {
    ClientInstance instance = new ClientInstance(client(ID), new Object(), 0);
    instance.heard(client(ID), new Object(), every(1_000), 0);
    return instance;
  }

  @Test
  void shouldCountTheAttributesOfAnInstance() {
    ClientInstance instance = instance();
    Map<String, String> attributes = longAttributes(0);
    int ofAttributes = Series.bytesOf(attributes);
    Push push = new Push(attributes, of("sent", 3).points(), 0);

    assertThat(instance.take(push, 9, ofAttributes + 100, 0)).isEqualTo(1);
    assertThat(instance.bytes()).isEqualTo(ofAttributes);
  }

  @Test
  void shouldLeaveTheAttributesOutForWhichThereIsNoRoom() {
    ClientInstance instance = instance();
    Map<String, String> attributes = longAttributes(0);
    Push push = new Push(attributes, of("sent", 3).points(), 0);

    assertThat(instance.take(push, 9, Series.bytesOf(attributes) - 1, 0)).isZero();
    assertThat(instance.view().resource()).isEmpty();
    assertThat(instance.view().series()).hasSize(1);
  }

  @Test
  void shouldKnowAClientByTheBeginningOfAVeryLongName() {
    String name = "c".repeat(Selector.MAX_VALUE + 1);
    ClientTraits client = new ClientTraits(ID, name + "c".repeat(30_000), "n", "v", "10.0.0.7", 1);

    assertThat(client.clientId()).isEqualTo(name);
  }

  @Test
  void shouldHaveRoomAgainWhenAnInstanceIsGone() {
    shouldKeepNoMoreSeriesThanThereIsRoomFor();
    instances.expire(nowMs + 60_000);
    get();
    instances.take(ID, of("sent", 3), nowMs);

    assertThat(instances.views().get(0).series()).hasSize(1);
  }
}
