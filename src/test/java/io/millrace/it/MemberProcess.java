package io.millrace.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Assertions;

/**
 * A member of a group in a process of its own, so that it can be killed, in any language. It prints
 * a line for each record it reads and each assignment it learns:
 *
 * <pre>
 * record PARTITION OFFSET NUMBER;
 * assigned GENERATION [PARTITION[,PARTITION]…];
 * revoked [PARTITION[,PARTITION]…];
 * leading;
 * </pre>
 *
 * <p>Generation -1 = it does not say. What kcat says of assignments is understood as well.
 *
 * <p>Owner: the test's thread.
 */
final class MemberProcess implements AutoCloseable {
  private static final Pattern RECORD = Pattern.compile("^record (\\d+) (\\d+) (\\d+);$");
  private static final Pattern ASSIGNED = Pattern.compile("^assigned (-?\\d+) ([\\d,]*);$");
  private static final Pattern REVOKED = Pattern.compile("^revoked ([\\d,]*);$");
  private static final Pattern KCAT =
      Pattern.compile("^% Group .* rebalanced .*: (assigned|revoked): ?(.*)$");
  private static final Pattern KCAT_PARTITION = Pattern.compile("\\[(\\d+)]");

  /** One record that a member has processed. */
  record Read(int partition, long offset, int number) {}

  private final String name;
  private final Process process;
  private final ProcessOutput output;

  MemberProcess(String name, List<String> command) {
    this.name = name;
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
      process.getOutputStream().close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    output = new ProcessOutput(process, null);
  }

  /** A Java consumer; see {@link JavaMember}. */
  static MemberProcess java(
      String name, Clients clients, String group, String topic, Map<String, ?> config) {
    List<String> command =
        new ArrayList<>(
            List.of(
                MillraceProcess.java(),
                "-Xmx96m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                JavaMember.class.getName(),
                clients.bootstrap(),
                group,
                topic,
                "client.id=" + name));
    config.forEach((key, value) -> command.add(key + "=" + value));
    return new MemberProcess(name, command);
  }

  /** A {@code kcat -G}. */
  static MemberProcess kcat(
      String name, Clients clients, String group, String topic, Map<String, ?> config) {
    Peer.require("kcat");
    List<String> command =
        new ArrayList<>(
            List.of(
                "kcat",
                "-b",
                clients.bootstrap(),
                "-G",
                group,
                "-u",
                "-f",
                "record %p %o %s;\n",
                "-X",
                "client.id=" + name));
    config.forEach((key, value) -> command.addAll(List.of("-X", key + "=" + value)));
    command.add(topic);
    return new MemberProcess(name, command);
  }

  /** A script that takes bootstrap, group and topic and prints as said above. */
  static MemberProcess script(
      String name, String program, Path script, Clients clients, String group, String topic) {
    return new MemberProcess(
        name, List.of(program, script.toString(), clients.bootstrap(), group, topic, name));
  }

  String tail() {
    return name + ":\n" + output.tail(20);
  }

  List<Read> records() {
    return output.lines().stream()
        .map(RECORD::matcher)
        .filter(Matcher::matches)
        .map(
            m ->
                new Read(
                    Integer.parseInt(m.group(1)),
                    Long.parseLong(m.group(2)),
                    Integer.parseInt(m.group(3))))
        .toList();
  }

  Set<Integer> numbers() {
    return records().stream().map(Read::number).collect(Collectors.toSet());
  }

  /** What it owns by its own words. */
  Set<Integer> owned() {
    Set<Integer> owned = Set.of();
    for (String line : output.lines()) {
      Matcher assigned = ASSIGNED.matcher(line);
      Matcher revoked = REVOKED.matcher(line);
      Matcher kcat = KCAT.matcher(line);
      if (assigned.matches()) {
        owned = numbers(assigned.group(2));
      } else if (revoked.matches()) {
        Set<Integer> given = numbers(revoked.group(1));
        owned = owned.stream().filter(p -> !given.contains(p)).collect(Collectors.toSet());
      } else if (kcat.matches()) {
        owned =
            kcat.group(1).equals("assigned")
                ? KCAT_PARTITION
                    .matcher(kcat.group(2))
                    .results()
                    .map(found -> Integer.parseInt(found.group(1)))
                    .collect(Collectors.toSet())
                : Set.of();
      }
    }
    return owned;
  }

  private static Set<Integer> numbers(String list) {
    return Stream.of(list.split(","))
        .filter(number -> !number.isEmpty())
        .map(Integer::parseInt)
        .collect(Collectors.toSet());
  }

  /** Reports every assignment in which it named the generation. */
  void claim(Ownership ownership, String topic) {
    for (String line : output.lines()) {
      Matcher assigned = ASSIGNED.matcher(line);
      if (assigned.matches() && !assigned.group(1).equals("-1")) {
        ownership.claim(
            Integer.parseInt(assigned.group(1)),
            name,
            numbers(assigned.group(2)).stream().map(p -> new TopicPartition(topic, p)).toList());
      }
    }
  }

  /** The last generation whose assignment it computed for all; -1 = none. */
  int ledGeneration() {
    int led = -1;
    boolean leading = false;
    for (String line : output.lines()) {
      Matcher assigned = ASSIGNED.matcher(line);
      if (line.equals("leading;")) {
        leading = true;
      } else if (assigned.matches()) {
        led = leading ? Integer.parseInt(assigned.group(1)) : led;
        leading = false;
      }
    }
    return led;
  }

  /** SIGSTOP. */
  void pause() {
    Signals.send("STOP", process.pid());
  }

  /** SIGCONT. */
  void resume() {
    Signals.send("CONT", process.pid());
  }

  /** SIGTERM, and waits for the end. */
  void stop() {
    process.destroy();
    awaitEnd();
  }

  /** {@code kill -9}, and waits for the end. */
  void kill() {
    process.destroyForcibly();
    awaitEnd();
  }

  private void awaitEnd() {
    Await.until(() -> "it has ended: " + tail(), Clients.PATIENCE, () -> !process.isAlive());
    try {
      output.awaitEnd();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Fails when it has ended by itself. */
  void assertAlive() {
    if (!process.isAlive()) {
      Assertions.fail("ended with " + process.exitValue() + ": " + tail());
    }
  }

  @Override
  public void close() {
    kill();
  }
}
