package io.millrace.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/**
 * Several hosts on one machine: network namespaces around a router, which drops what the test tells
 * it to, silently, as a broken network does. The test itself is one leg of the router, so its
 * clients reach all hosts. Everything is gone with the processes that hold the namespaces, and
 * those with the process of the test. Only who may make namespaces can have one.
 *
 * <pre>
 *   test  10.x.0.1 ── 10.x.0.2 ┐
 *   host1 10.x.1.1 ── 10.x.1.2 ┼ router
 *   host2 10.x.2.1 ── 10.x.2.2 ┘
 * </pre>
 *
 * <p>Owner: the test's thread.
 */
final class TestNetwork implements AutoCloseable {
  /** Before the rules that every system has. */
  private static final int CUTS = 100;

  private final String prefix;
  private final String leg;
  private final Process router;
  private final List<Process> hosts = new ArrayList<>();
  private final Set<String> cuts = new LinkedHashSet<>();
  private final Set<Integer> slowed = new LinkedHashSet<>();

  private TestNetwork(String prefix, String leg, Process router) {
    this.prefix = prefix;
    this.leg = leg;
    this.router = router;
  }

  /** Makes so many hosts; skips the test where that is not allowed. */
  static TestNetwork of(int hosts) {
    Process router = namespace("echo 1 > /proc/sys/net/ipv4/ip_forward");
    Assumptions.assumeTrue(router != null, "no right to make network namespaces");
    int number = ThreadLocalRandom.current().nextInt(100, 250);
    TestNetwork network =
        new TestNetwork(
            "10." + number, "mr" + ThreadLocalRandom.current().nextInt(1_000_000), router);
    try {
      network.connectTest();
      for (int i = 1; i <= hosts; i++) {
        network.addHost(i);
      }
      return network;
    } catch (RuntimeException e) {
      network.close();
      throw e;
    }
  }

  /** null = not allowed. */
  private static Process namespace(String setUp) {
    String script = "ip link set lo up && " + setUp + " && echo up && exec cat";
    try {
      Process holder =
          new ProcessBuilder("unshare", "--net", "sh", "-c", script)
              .redirectErrorStream(true)
              .start();
      byte[] answer = holder.getInputStream().readNBytes(2);
      if (new String(answer, StandardCharsets.UTF_8).equals("up")) {
        return holder;
      }
      holder.destroyForcibly();
      return null;
    } catch (IOException e) {
      return null;
    }
  }

  private void connectTest() {
    run("ip", "link", "add", leg, "type", "veth", "peer", "name", "h0", "netns", pid(router));
    run("ip", "addr", "add", address(0) + "/30", "dev", leg);
    run("ip", "link", "set", leg, "up");
    raiseRouterEnd(0);
    run("ip", "route", "add", prefix + ".0.0/16", "via", gateway(0));
  }

  private void addHost(int number) {
    Process host = namespace("true");
    hosts.add(host);
    String[] link = {"ip", "link", "add", "eth0", "netns", pid(host), "type", "veth"};
    run(append(link, "peer", "name", "h" + number, "netns", pid(router)));
    inside(host, "ip", "addr", "add", address(number) + "/30", "dev", "eth0");
    inside(host, "ip", "link", "set", "eth0", "up");
    raiseRouterEnd(number);
    inside(host, "ip", "route", "add", "default", "via", gateway(number));
  }

  private void raiseRouterEnd(int number) {
    inside(router, "ip", "addr", "add", gateway(number) + "/30", "dev", "h" + number);
    inside(router, "ip", "link", "set", "h" + number, "up");
  }

  /** The address of a host, from 1 on; 0 = the test itself. */
  String address(int host) {
    return prefix + "." + host + ".1";
  }

  private String gateway(int host) {
    return prefix + "." + host + ".2";
  }

  /** A command that runs the command behind it on a host, in the same process. */
  List<String> runner(int host) {
    return List.of("nsenter", "--target", pid(hosts.get(host - 1)), "--net");
  }

  /** Nothing gets from one host to the other any more; the other way stays. */
  void cut(int from, int to) {
    String rule = "iif h" + from + " to " + address(to) + " pref " + CUTS + " blackhole";
    if (cuts.add(rule)) {
      ruler("add", rule);
    }
  }

  /** Nothing gets to or from this host, but for what the test itself says and hears. */
  void isolate(int host) {
    for (int other = 1; other <= hosts.size(); other++) {
      if (other != host) {
        cut(host, other);
        cut(other, host);
      }
    }
  }

  /** Nothing gets from one of two hosts to the other, in both ways. */
  void part(int one, int other) {
    cut(one, other);
    cut(other, one);
  }

  /**
   * Whatever goes to a host, also from the test, takes longer, and some of it never arrives.
   *
   * @return false = the kernel has no netem
   */
  boolean slow(int host, int delayMs, int lossPercent) {
    try {
      inside(
          router,
          "tc qdisc replace dev h%d root netem delay %dms %dms loss %d%%"
              .formatted(host, delayMs, delayMs / 4, lossPercent)
              .split(" "));
    } catch (IllegalStateException e) {
      return false;
    }
    slowed.add(host);
    return true;
  }

  /** Everything gets through again, and as fast as before. */
  void heal() {
    slowed.forEach(host -> inside(router, "tc", "qdisc", "del", "dev", "h" + host, "root"));
    slowed.clear();
    cuts.forEach(rule -> ruler("del", rule));
    cuts.clear();
  }

  private void ruler(String verb, String rule) {
    String[] command = {"ip", "rule", verb};
    inside(router, append(command, rule.split(" ")));
  }

  private static String pid(Process process) {
    return Long.toString(process.pid());
  }

  private static void inside(Process namespace, String... command) {
    String[] enter = {"nsenter", "--target", pid(namespace), "--net"};
    run(append(enter, command));
  }

  private static String[] append(String[] first, String... more) {
    List<String> all = new ArrayList<>(List.of(first));
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }

  private static void run(String... command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        throw new IllegalStateException(String.join(" ", command) + ": " + output);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    // The leg goes with the router's namespace.
    List<Process> all = new ArrayList<>(hosts);
    all.add(router);
    all.forEach(Process::destroyForcibly);
    for (Process holder : all) {
      try {
        holder.waitFor(10, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
