package io.millrace;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.syntax.elements.GivenClassesConjunction;
import io.millrace.model.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The layers of docs/architecture.md: what may know what. */
class LayersTest {
  /** From the bottom up: a package may import only from lines above its own. */
  private static final List<String> LAYERS =
      List.of(
          "fault",
          "model",
          "record",
          "protocol",
          "config",
          "metadata",
          "security",
          "quota",
          "metrics",
          "client",
          "log",
          "quorum",
          "cluster",
          "partition",
          "replication",
          "coordinator",
          "controller",
          "api",
          "network",
          "http",
          "server",
          "cli");

  /** Neighbours that do not know each other either, although one stands above the other. */
  private static final List<String> STRANGERS = List.of("replication", "coordinator", "controller");

  private static final Set<String> NETTY = Set.of("network", "client");
  private static final Set<String> KAFKA =
      Set.of("record", "protocol", "coordinator", "api", "cli");

  /** They move Kafka's messages without looking into them. */
  private static final Set<String> CARRIERS = Set.of("network", "client");

  /** Rules without input and output: no Vert.x, Netty, files, sockets or clock. */
  private static final String[] PURE = {
    "io.millrace.model..",
    "io.millrace.record..",
    "io.millrace.metadata..",
    "io.millrace.quota..",
    "io.millrace.log.clean..",
    "io.millrace.(*).state..",
    "io.millrace.coordinator.shard..",
    "io.millrace.coordinator.group..",
    "io.millrace.coordinator.transaction..",
    "io.millrace.coordinator.share.."
  };

  private static final DescribedPredicate<JavaClass> OUTSIDE_WORLD =
      in("io.vertx..", "io.netty..", "java.nio.file..", "java.nio.channels..", "java.net..")
          .or(type(java.io.File.class))
          .or(type(java.io.RandomAccessFile.class))
          .or(type(java.io.FileInputStream.class))
          .or(type(java.io.FileOutputStream.class));

  private static JavaClasses millrace;

  @BeforeAll
  static void readClasses() {
    millrace =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.millrace");
  }

  @Test
  void shouldKnowEveryPackage() {
    Set<String> packages =
        millrace.stream()
            .map(LayersTest::layer)
            .filter(layer -> !layer.isEmpty())
            .collect(Collectors.toSet());

    assertThat(LAYERS).containsAll(packages);
  }

  @TestFactory
  Stream<DynamicTest> shouldImportOnlyFromLayersAbove() {
    return LAYERS.stream()
        .map(
            layer ->
                DynamicTest.dynamicTest(
                    layer,
                    () ->
                        noClasses()
                            .that()
                            .resideInAPackage(inLayer(layer))
                            .should()
                            .dependOnClassesThat(in(forbiddenFor(layer)))
                            .allowEmptyShould(true)
                            .check(millrace)));
  }

  private static String[] forbiddenFor(String layer) {
    List<String> forbidden =
        new ArrayList<>(LAYERS.subList(LAYERS.indexOf(layer) + 1, LAYERS.size()));
    if (STRANGERS.contains(layer)) {
      forbidden.addAll(STRANGERS);
      forbidden.remove(layer);
    }
    return forbidden.stream().map(LayersTest::inLayer).toArray(String[]::new);
  }

  @Test
  void shouldUseNettyOnlyInNetworkAndClient() {
    noClassOutside(NETTY).should().dependOnClassesThat(in("io.netty..")).check(millrace);
  }

  @Test
  void shouldUseKafkaOnlyWhereItsProtocolIsSpoken() {
    Set<String> alsoCarriers = new HashSet<>(KAFKA);
    alsoCarriers.addAll(CARRIERS);
    noClassOutside(alsoCarriers)
        .should()
        .dependOnClassesThat(in("org.apache.kafka..").and(not(type(Errors.class))))
        .check(millrace);
  }

  /** They carry messages between decoder, handler and encoder, and know them by their key. */
  @Test
  void shouldNotLookIntoMessagesInNetworkAndClient() {
    noClasses()
        .that()
        .resideInAnyPackage(CARRIERS.stream().map(LayersTest::inLayer).toArray(String[]::new))
        .should()
        .dependOnClassesThat(
            in("org.apache.kafka..")
                .and(not(type(Errors.class).or(type(ApiKeys.class)).or(type(ApiMessage.class)))))
        .check(millrace);
  }

  @Test
  void shouldShowNetworkAndHttpOnlyToServer() {
    noClassOutside(Set.of("server", "network"))
        .should()
        .dependOnClassesThat(in(inLayer("network")))
        .check(millrace);
    noClassOutside(Set.of("server", "http"))
        .should()
        .dependOnClassesThat(in(inLayer("http")))
        .check(millrace);
  }

  @Test
  void shouldUseHazelcastOnlyInItsPackage() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.millrace.cluster.hazelcast..")
        .should()
        .dependOnClassesThat(in("com.hazelcast.."))
        .check(millrace);
  }

  @Test
  void shouldReachTheBrokerFromTheCommandLineOnlyToStartItAndToReadItsFiles() {
    noClasses()
        .that()
        .resideInAPackage("io.millrace.cli..")
        .and()
        .resideOutsideOfPackage("io.millrace.cli.dump..")
        .should()
        .dependOnClassesThat(
            in("io.millrace..")
                .and(not(in("io.millrace.cli..", "io.millrace.config..", "io.millrace.server.."))))
        .check(millrace);
  }

  @Test
  void shouldKeepRulesPure() {
    noClasses()
        .that()
        .resideInAnyPackage(PURE)
        .and()
        .doNotBelongToAnyOf(Clock.class)
        .should()
        .dependOnClassesThat(OUTSIDE_WORLD.or(type(Clock.class)))
        .orShould()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .callMethod(System.class, "nanoTime")
        .orShould()
        .callMethod(Instant.class, "now")
        .check(millrace);
  }

  private static GivenClassesConjunction noClassOutside(Set<String> layers) {
    return noClasses()
        .that(describe("outside of " + layers, javaClass -> !layers.contains(layer(javaClass))));
  }

  private static DescribedPredicate<JavaClass> in(String... packages) {
    return JavaClass.Predicates.resideInAnyPackage(packages);
  }

  private static String inLayer(String layer) {
    return "io.millrace." + layer + "..";
  }

  /** The part of the package's name after ours; empty for our root. */
  private static String layer(JavaClass javaClass) {
    String[] parts = javaClass.getPackageName().split("\\.", -1);
    return parts.length > 2 ? parts[2] : "";
  }
}
