package io.millrace.it;

import io.millrace.model.FreePorts;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A Millrace node, started from the jar as a user would.
 *
 * <p>Owner: the test's thread.
 */
final class MillraceProcess extends BrokerProcess {
  private static final Pattern READY =
      Pattern.compile(
          "Millrace is ready: node (\\d+)(?:, [A-Z_]+ ([^ ]+):(\\d+))?(?:, http ([^ ]+):(\\d+))?");

  private InetSocketAddress address;
  private InetSocketAddress http;
  private int nodeId = -1;

  /** null = the machine's own. */
  private Path bootIdFile;

  private List<String> javaOptions = List.of();

  // The same after every start, and none that the system gives to others meanwhile.
  private final int port = FreePorts.next();
  private final int httpPort = FreePorts.next();

  MillraceProcess(Path dir, Map<String, String> settings) {
    super(dir, settings);
  }

  static Path jar() {
    return Path.of(System.getProperty("millrace.jar", "target/millrace.jar")).toAbsolutePath();
  }

  /** The Java that runs the node: {@code -Dit.java=…}, else the one that runs the tests. */
  static String java() {
    String home = System.getProperty("it.java", System.getProperty("java.home"));
    return Path.of(home, "bin", "java").toString();
  }

  /** Lets the node take its machine's boot id from a file: from the next start on. */
  MillraceProcess bootedAs(Path file) {
    bootIdFile = file;
    return this;
  }

  /** Options for the JVM, such as {@code -Dname=value}: from the next start on. */
  MillraceProcess withJava(List<String> options) {
    javaOptions = List.copyOf(options);
    return this;
  }

  /** A command line of the jar, such as {@code topics list}. */
  static List<String> command(String... args) {
    List<String> command = new ArrayList<>(List.of(java(), "-Xmx320m", "-XX:+UseSerialGC"));
    String options = System.getProperty("it.jvm", "");
    if (!options.isBlank()) {
      command.addAll(List.of(options.trim().split(" +")));
    }
    command.addAll(List.of("-jar", jar().toString()));
    command.addAll(List.of(args));
    return command;
  }

  @Override
  List<String> command(Map<String, String> settings) {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("log.dirs", logDir().toString());
    all.put("listeners", "PLAINTEXT://127.0.0.1:" + port);
    all.put("http.port", Integer.toString(httpPort));
    all.put("internal.port", "0");
    all.put("cluster.port", "0");
    all.putAll(settings);
    List<String> command = command("start");
    if (bootIdFile != null) {
      command.add(1, "-Dmillrace.boot.id.file=" + bootIdFile);
    }
    command.addAll(1, javaOptions);
    all.forEach((key, value) -> command.addAll(List.of("--set", key + "=" + value)));
    return command;
  }

  @Override
  boolean isReady(ProcessOutput output) {
    return output
        .find(READY)
        .map(
            found -> {
              nodeId = Integer.parseInt(found.group(1));
              if (found.group(3) != null) {
                address = reachable(found.group(2), found.group(3));
              }
              if (found.group(5) != null) {
                http = reachable(found.group(4), found.group(5));
              }
              return true;
            })
        .orElse(false);
  }

  private static InetSocketAddress reachable(String host, String port) {
    return new InetSocketAddress(
        host.equals("0.0.0.0") ? "127.0.0.1" : host, Integer.parseInt(port));
  }

  @Override
  InetSocketAddress address() {
    return address;
  }

  /** Whether it serves clients: not with {@code process.roles=controller}. */
  boolean serves() {
    String roles = setting("process.roles");
    return roles == null || roles.contains("broker");
  }

  /** Null when the settings turn it off. */
  InetSocketAddress http() {
    return http;
  }

  int nodeId() {
    return nodeId;
  }

  @Override
  Path logDir() {
    return dir().resolve("data");
  }
}
