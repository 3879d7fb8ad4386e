package io.millrace.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.metadata.MetadataRecord.ClientQuota;
import io.millrace.metadata.MetadataRecord.ClusterId;
import io.millrace.metadata.MetadataRecord.Config;
import io.millrace.metadata.MetadataRecord.Feature;
import io.millrace.metadata.MetadataRecord.FenceBroker;
import io.millrace.metadata.MetadataRecord.ForgetTopics;
import io.millrace.metadata.MetadataRecord.NoOp;
import io.millrace.metadata.MetadataRecord.Partition;
import io.millrace.metadata.MetadataRecord.PartitionChange;
import io.millrace.metadata.MetadataRecord.ProducerIds;
import io.millrace.metadata.MetadataRecord.RegisterBroker;
import io.millrace.metadata.MetadataRecord.RegisterController;
import io.millrace.metadata.MetadataRecord.RemoveTopic;
import io.millrace.metadata.MetadataRecord.Removed;
import io.millrace.metadata.MetadataRecord.ReplicaConditions;
import io.millrace.metadata.MetadataRecord.StopBroker;
import io.millrace.metadata.MetadataRecord.Topic;
import io.millrace.metadata.MetadataRecord.UnfenceBroker;
import io.millrace.metadata.MetadataRecord.UnregisterNode;
import io.millrace.metadata.MetadataRecord.Voters;
import io.millrace.model.TopicId;
import io.millrace.model.VoterId;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class MetadataCodecTest {
  private static final TopicId ID = new TopicId(0x0102030405060708L, 0x090a0b0c0d0e0f10L);
  private static final String ID_HEX = "0102030405060708090a0b0c0d0e0f10";

  /** These bytes are in logs: a change here is a change of the format. */
  private static final Map<MetadataRecord, String> GOLDEN = new LinkedHashMap<>();

  static {
    GOLDEN.put(NoOp.INSTANCE, "01 00 00");
    GOLDEN.put(new ClusterId("abc"), "02 00 04 616263 00");
    GOLDEN.put(new Feature("f", 300), "03 00 02 66 ac02 00");
    GOLDEN.put(
        new RegisterBroker(
            3, List.of(new Endpoint("P", "h", 9092)), "r1", true, RegisterBroker.EPOCH_IS_OFFSET),
        "04 00 03 01 03 7231 01 02 50 02 68 8447 00");
    GOLDEN.put(
        new RegisterBroker(3, List.of(new Endpoint("P", "", 1)), null, false, 200),
        "04 00 03 00 00 01 02 50 01 01 01 00 02 c801");
    GOLDEN.put(new FenceBroker(1, 128), "05 00 01 8001 00");
    GOLDEN.put(new UnfenceBroker(1, 0), "06 00 01 00 00");
    GOLDEN.put(new Topic(ID, "t"), "07 00 " + ID_HEX + " 02 74 00");
    GOLDEN.put(
        new Partition(
            ID, new PartitionImage(5, List.of(1, 2, 300), List.of(2), List.of(), 2, 7, 9)),
        "08 00 " + ID_HEX + " 05 04 01 02 ac02 02 02 01 03 07 09 00");
    GOLDEN.put(
        new Partition(ID, new PartitionImage(0, List.of(1), List.of(), List.of(1), -1, 0, 0)),
        "08 00 " + ID_HEX + " 00 02 01 01 02 01 00 00 00 00");
    GOLDEN.put(
        new PartitionChange(ID, 1, null, List.of(), null, -1),
        "09 00 " + ID_HEX + " 01 00 01 00 01 00 01 00");
    GOLDEN.put(
        new PartitionChange(ID, 1, List.of(4), null, List.of(5), null),
        "09 00 " + ID_HEX + " 01 02 04 00 02 05 00");
    GOLDEN.put(new RemoveTopic(ID), "0a 00 " + ID_HEX + " 00");
    GOLDEN.put(new Config(ConfigResource.topic("t"), "k", "v"), "0b 00 00 02 74 02 6b 02 76 00");
    GOLDEN.put(new Config(ConfigResource.brokerDefault(), "k", null), "0b 00 01 01 02 6b 00 00");
    GOLDEN.put(
        new Config(ConfigResource.clientMetrics("s"), "k", "v"), "0b 01 03 02 73 02 6b 02 76 00");
    GOLDEN.put(
        new ClientQuota(QuotaEntity.client("c"), "k", 1.5),
        "14 00 02 02 63 02 6b 01 3ff8000000000000 00");
    GOLDEN.put(
        new ClientQuota(
            new QuotaEntity(new QuotaEntity.Name("u"), QuotaEntity.Name.DEFAULT, null), "k", null),
        "14 00 03 02 75 00 02 6b 00 00");
    GOLDEN.put(
        new ClientQuota(QuotaEntity.ip(null), "k", 2.0),
        "14 00 04 00 02 6b 01 4000000000000000 00");
    GOLDEN.put(new ProducerIds(Long.MAX_VALUE), "0c 00 ffffffffffffffff7f 00");
    GOLDEN.put(
        new Voters(Set.of(new VoterId(300, new UUID(1, 2)), new VoterId(2, new UUID(3, 4)))),
        "0d 00 02 02 00000000000000030000000000000004 ac02 00000000000000010000000000000002 00");
    NodeTraits traits =
        new NodeTraits(
            new UUID(1, 2), List.of(new UUID(3, 4)), Map.of("f", new FeatureRange(0, 300)), true);
    GOLDEN.put(
        new RegisterBroker(3, List.of(), null, true, 200, true, traits),
        "04 00 03 07 00 00 04 00 02 c801 01 10 00000000000000010000000000000002"
            + " 02 11 01 00000000000000030000000000000004 03 06 01 02 66 00 ac02");
    GOLDEN.put(
        new RegisterController(3, RegisterBroker.EPOCH_IS_OFFSET, traits),
        "0e 00 03 04 03 01 10 00000000000000010000000000000002"
            + " 02 11 01 00000000000000030000000000000004 03 06 01 02 66 00 ac02");
    GOLDEN.put(new UnregisterNode(1, 128), "0f 00 01 8001 00");
    GOLDEN.put(new StopBroker(1, 128), "10 00 01 8001 00");
    GOLDEN.put(
        new Removed(ID, new RemovedTopic(5, Set.of(2, 1))), "11 00 " + ID_HEX + " 05 03 01 02 00");
    GOLDEN.put(new ForgetTopics(List.of(ID)), "12 00 01 " + ID_HEX + " 00");
    GOLDEN.put(
        new ReplicaConditions(ID, 2, ReplicaCondition.OFFLINE, List.of(0, 7)),
        "13 00 " + ID_HEX + " 02 01 03 00 07 00");
    GOLDEN.put(
        new Partition(ID, new PartitionImage(0, List.of(1), List.of(1), List.of(), 1, 2, 3, true)),
        "08 01 " + ID_HEX + " 00 02 01 02 01 01 02 02 03 01 00 01 01");
    GOLDEN.put(
        new PartitionChange(ID, 1, null, null, null, 3, false),
        "09 01 " + ID_HEX + " 01 00 00 00 02 00 01 04 01 01 00");
    GOLDEN.put(
        new PartitionChange(ID, 1, null, null, null, null, true),
        "09 01 " + ID_HEX + " 01 00 00 00 01 01 01 01");
    GOLDEN.put(
        new Partition(
            ID,
            new PartitionImage(
                0,
                List.of(2, 1),
                List.of(1),
                List.of(),
                1,
                2,
                3,
                true,
                List.of(2),
                List.of(1),
                List.of())),
        "08 02 " + ID_HEX + " 00 03 02 01 02 01 01 02 02 03 03 00 01 01 01 02 02 02 02 02 02 01");
    GOLDEN.put(
        new PartitionChange(
            ID, 1, List.of(2, 1), null, null, null, null, List.of(2), List.of(1), null),
        "09 02 " + ID_HEX + " 01 03 02 01 00 00 02 02 02 02 02 03 02 02 01");
    GOLDEN.put(
        new PartitionChange(
            ID, 1, List.of(2), List.of(2), null, 2, null, List.of(), List.of(), null),
        "09 02 " + ID_HEX + " 01 02 02 02 02 00 03 00 01 03 02 01 01 03 01 01");
    GOLDEN.put(
        new Partition(
            ID,
            new PartitionImage(
                0,
                List.of(2, 1),
                List.of(1),
                List.of(),
                -1,
                2,
                3,
                false,
                List.of(),
                List.of(),
                List.of(2, 1))),
        "08 02 " + ID_HEX + " 00 03 02 01 02 01 01 00 02 03 01 03 03 03 02 01");
    GOLDEN.put(
        new PartitionChange(ID, 1, null, null, null, null, null, null, null, List.of(3)),
        "09 02 " + ID_HEX + " 01 00 00 00 01 04 02 02 03");
  }

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex.replace(" ", ""));
  }

  private static MetadataRecord decode(byte[] bytes) {
    return MetadataCodec.decode(ByteBuffer.wrap(bytes));
  }

  @TestFactory
  Stream<DynamicTest> shouldWriteTheseBytes() {
    return GOLDEN.entrySet().stream()
        .map(
            golden ->
                DynamicTest.dynamicTest(
                    golden.getKey().toString(),
                    () ->
                        assertThat(MetadataCodec.encode(golden.getKey()))
                            .isEqualTo(bytes(golden.getValue()))));
  }

  @TestFactory
  Stream<DynamicTest> shouldKnowTheSizeWithoutEncoding() {
    return Stream.concat(
            GOLDEN.keySet().stream(),
            Stream.of("", "ä", "\u20ac", "\ud83d\ude00x", "\ud83d", "v".repeat(200))
                .map(text -> new Config(ConfigResource.topic("t"), "k", text)))
        .map(
            record ->
                DynamicTest.dynamicTest(
                    record.toString(),
                    () ->
                        assertThat(MetadataCodec.size(record))
                            .isEqualTo(MetadataCodec.encode(record).length)));
  }

  @TestFactory
  Stream<DynamicTest> shouldReadWhatItWrote() {
    return GOLDEN.keySet().stream()
        .map(
            record ->
                DynamicTest.dynamicTest(
                    record.toString(),
                    () -> assertThat(decode(MetadataCodec.encode(record))).isEqualTo(record)));
  }

  @Test
  void shouldHaveAGoldenOfEveryType() {
    assertThat(GOLDEN.keySet().stream().map(Object::getClass).distinct())
        .containsExactlyInAnyOrderElementsOf(typesOf(MetadataRecord.class).toList());
  }

  private static Stream<Class<?>> typesOf(Class<?> kind) {
    return kind.isSealed()
        ? Arrays.stream(kind.getPermittedSubclasses()).flatMap(MetadataCodecTest::typesOf)
        : Stream.of(kind);
  }

  @Test
  void shouldReadNonAsciiText() {
    Config config = new Config(ConfigResource.topic("t"), "schlüssel", "值");
    assertThat(decode(MetadataCodec.encode(config))).isEqualTo(config);
  }

  @Test
  void shouldSkipUnknownTags() {
    // Two tags that do not exist yet around the one that does.
    byte[] bytes = bytes("04 00 03 00 00 00 03 00 02 c801 07 01 ff 7f 00");
    assertThat(decode(bytes)).isEqualTo(new RegisterBroker(3, List.of(), null, false, 200));
  }

  @Test
  void shouldRefuseAnUnknownVersion() {
    assertThatThrownBy(() -> decode(bytes("01 01 00")))
        .isInstanceOf(MetadataFormatException.class)
        .hasMessageContaining("type 1 version 1")
        .hasMessageContaining("newer");
  }

  @Test
  void shouldRefuseRangesOfFeaturesThatAreNone() {
    assertThatThrownBy(() -> decode(bytes("04 00 03 00 00 00 01 03 05 01 02 66 02 01")))
        .isInstanceOf(MetadataFormatException.class)
        .hasMessageContaining("The levels 2 to 1 are no range");
  }

  @Test
  void shouldRefuseAnUnknownType() {
    assertThatThrownBy(() -> decode(bytes("7f 00 00")))
        .isInstanceOf(MetadataFormatException.class)
        .hasMessageContaining("type 127");
  }

  @Test
  void shouldRefuseARecordCutAnywhere() {
    for (MetadataRecord record : GOLDEN.keySet()) {
      byte[] whole = MetadataCodec.encode(record);
      for (int length = 0; length < whole.length; length++) {
        byte[] cut = Arrays.copyOf(whole, length);
        assertThatThrownBy(() -> decode(cut))
            .as("%s cut to %d bytes", record, length)
            .isInstanceOf(MetadataFormatException.class);
      }
    }
  }

  @Test
  void shouldRefuseBytesAfterARecord() {
    assertThatThrownBy(() -> decode(bytes("01 00 00 00")))
        .isInstanceOf(MetadataFormatException.class)
        .hasMessageContaining("1 bytes too many");
  }

  @Test
  void shouldNotTakeMemoryForALengthThatIsNotThere() {
    // Two billion node ids announced, none given.
    assertThatThrownBy(() -> decode(bytes("08 00 " + ID_HEX + " 00 ffffffff07")))
        .isInstanceOf(MetadataFormatException.class);
    assertThatThrownBy(() -> decode(bytes("02 00 ffffffff07")))
        .isInstanceOf(MetadataFormatException.class);
  }
}
