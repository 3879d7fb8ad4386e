package io.millrace.it;

import io.millrace.it.ChaosScene.Roles;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;
import java.util.regex.Pattern;

/**
 * All faults that {@code scripts/chaos.sh} knows.
 *
 * <p>Owner: immutable.
 */
final class ChaosFaults {
  /** Targets of Millrace: see {@code docs/chaos.md}. */
  private static final long KILL_MS = 2_000;

  private static final long SILENCE_MS = 8_000;
  private static final long SHUTDOWN_MS = 200;

  private static final double PAUSE_S = 30;
  private static final double CUT_S = 12;
  private static final Pattern FULL = Pattern.compile("appends are refused|until there is space");

  private static final Map<String, ToIntFunction<Roles>> ROLES = roles();

  private ChaosFaults() {}

  private static Map<String, ToIntFunction<Roles>> roles() {
    Map<String, ToIntFunction<Roles>> roles = new LinkedHashMap<>();
    roles.put("leader", Roles::leader);
    roles.put("controller", Roles::controller);
    roles.put("follower", Roles::follower);
    return roles;
  }

  /**
   * All of them, in the order of a full run.
   *
   * @param mixSeconds how long the seeded mix lasts
   */
  static List<ChaosFault> all(int mixSeconds) {
    List<ChaosFault> all = new ArrayList<>();
    ROLES.forEach((role, who) -> all.add(kill(role, who)));
    all.add(
        new ChaosFault(
            "kill-all", "kill -9 of all three nodes at once", -1, true, ChaosFaults::killAll));
    ROLES.forEach((role, who) -> all.add(pause(role, who)));
    ROLES.forEach((role, who) -> all.add(isolate(role, who)));
    ROLES.forEach((role, who) -> all.add(mute(role, who)));
    ROLES.forEach((role, who) -> all.add(deafen(role, who)));
    all.add(part("leader", "controller", Roles::leader, Roles::controller));
    all.add(part("leader", "follower", Roles::leader, Roles::follower));
    all.add(part("controller", "follower", Roles::controller, Roles::follower));
    all.add(
        new ChaosFault(
            "rolling-restart",
            "SIGTERM and start of one node after the other",
            SHUTDOWN_MS,
            false,
            ChaosFaults::restartAll));
    ROLES.forEach((role, who) -> all.add(tear(role, who)));
    all.add(
        new ChaosFault(
            "torn-tail-all",
            "kill -9 of all nodes in the middle of a write: half a batch at the end of each log",
            -1,
            false,
            ChaosFaults::tearAll));
    ROLES.forEach((role, who) -> all.add(loseTail(role, who)));
    all.add(
        new ChaosFault(
            "lost-tail-all-down",
            "kill -9 of all nodes; the leader's machine lost its power, and is back first",
            -1,
            false,
            ChaosFaults::loseTailOfLeaderWhileAllAreDown));
    all.add(
        new ChaosFault(
            "reboot-all",
            "all machines start again uncleanly, but nothing of the logs is lost",
            -1,
            false,
            ChaosFaults::rebootAll));
    all.add(fill("leader", Roles::leader));
    all.add(fill("follower", Roles::follower));
    ROLES.forEach((role, who) -> all.add(slow(role, who)));
    ROLES.forEach((role, who) -> all.add(flap(role, who)));
    all.add(
        new ChaosFault(
            "mix",
            "one or two faults at a time, by the seed",
            -1,
            false,
            scene -> new ChaosMix(scene, mixSeconds).play()));
    return all;
  }

  private static ChaosFault kill(String role, ToIntFunction<Roles> who) {
    return new ChaosFault(
        "kill-" + role,
        "kill -9 of the " + role + ", started again after 6 s",
        KILL_MS,
        role.equals("leader"),
        scene -> {
          int node = who.applyAsInt(scene.roles());
          scene.kill(node);
          scene.hold(6);
          scene.start(node);
        });
  }

  private static void killAll(ChaosScene scene) {
    scene.note("kill -9 of all nodes");
    scene.cluster().nodes().forEach(BrokerProcess::kill);
    scene.startAll();
  }

  private static ChaosFault pause(String role, ToIntFunction<Roles> who) {
    return new ChaosFault(
        "pause-" + role,
        "SIGSTOP of the " + role + " for 30 s",
        SILENCE_MS,
        false,
        scene -> {
          int node = who.applyAsInt(scene.roles());
          scene.note("SIGSTOP of node " + node);
          scene.node(node).pause();
          scene.hold(PAUSE_S);
          scene.note("SIGCONT of node " + node);
          scene.node(node).resume();
        });
  }

  private static ChaosFault cut(String name, String what, boolean isShort, ChaosFault.Act cut) {
    return new ChaosFault(
        name,
        what + " for 12 s",
        SILENCE_MS,
        isShort,
        scene -> {
          scene.note(what);
          cut.on(scene);
          scene.hold(CUT_S);
          scene.note("the network is whole again");
          scene.network().heal();
        });
  }

  private static ChaosFault isolate(String role, ToIntFunction<Roles> who) {
    return cut(
        "isolate-" + role,
        "the " + role + " is cut off from the other nodes, not from clients",
        role.equals("leader"),
        scene -> scene.network().isolate(who.applyAsInt(scene.roles())));
  }

  private static ChaosFault mute(String role, ToIntFunction<Roles> who) {
    return cut(
        "mute-" + role,
        "no other node hears the " + role,
        false,
        scene -> {
          int node = who.applyAsInt(scene.roles());
          scene.cluster().allBut(node).forEach(other -> scene.network().cut(node, other));
        });
  }

  private static ChaosFault deafen(String role, ToIntFunction<Roles> who) {
    return cut(
        "deafen-" + role,
        "the " + role + " hears no other node",
        false,
        scene -> {
          int node = who.applyAsInt(scene.roles());
          scene.cluster().allBut(node).forEach(other -> scene.network().cut(other, node));
        });
  }

  private static ChaosFault part(
      String one, String other, ToIntFunction<Roles> first, ToIntFunction<Roles> second) {
    return cut(
        "part-" + one + "-" + other,
        one + " and " + other + " do not reach each other, the third node reaches both",
        false,
        scene ->
            scene
                .network()
                .part(first.applyAsInt(scene.roles()), second.applyAsInt(scene.roles())));
  }

  private static void restartAll(ChaosScene scene) {
    for (int node : scene.cluster().allBut()) {
      scene.note("SIGTERM of node " + node);
      scene.node(node).stop();
      scene.start(node);
      scene.awaitFullIsr();
    }
  }

  private static ChaosFault tear(String role, ToIntFunction<Roles> who) {
    return new ChaosFault(
        "torn-tail-" + role,
        "kill -9 of the "
            + role
            + " in the middle of a write: half a batch at the ends of its logs",
        KILL_MS,
        false,
        scene -> {
          int node = who.applyAsInt(scene.roles());
          scene.kill(node);
          scene.tearTails(node);
          scene.start(node);
        });
  }

  private static void tearAll(ChaosScene scene) {
    scene.note("kill -9 of all nodes");
    scene.cluster().nodes().forEach(BrokerProcess::kill);
    scene.cluster().allBut().forEach(scene::tearTails);
    scene.startAll();
  }

  private static ChaosFault loseTail(String role, ToIntFunction<Roles> who) {
    return new ChaosFault(
        "lost-tail-" + role,
        "the machine of the " + role + " loses its power, and the ends of its logs",
        KILL_MS,
        role.equals("leader"),
        scene -> {
          int node = who.applyAsInt(scene.roles());
          scene.kill(node);
          scene.loseTails(node);
          scene.start(node);
        });
  }

  private static void loseTailOfLeaderWhileAllAreDown(ChaosScene scene) {
    int leader = scene.roles().leader();
    scene.note("kill -9 of all nodes");
    scene.cluster().nodes().forEach(BrokerProcess::kill);
    scene.loseTails(leader);
    scene.note("start of node " + leader);
    scene.node(leader).start();
    scene.node(scene.roles().controller()).start();
    // It can lead if it may: the majority is there.
    scene.hold(6);
    scene.startAll();
  }

  private static void rebootAll(ChaosScene scene) {
    scene.note("kill -9 of all nodes, other boot ids");
    scene.cluster().nodes().forEach(BrokerProcess::kill);
    scene.cluster().allBut().forEach(scene::reboot);
    scene.startAll();
  }

  private static ChaosFault fill(String role, ToIntFunction<Roles> who) {
    return new ChaosFault(
        "full-disk-" + role,
        "the disk of the " + role + " is full for 8 s",
        -1,
        false,
        scene -> fill(scene, who.applyAsInt(scene.roles())));
  }

  private static void fill(ChaosScene scene, int node) throws IOException {
    scene.note("the disk of node " + node + " is full");
    scene.disk(node).fill();
    try {
      Await.until(
          () -> "node " + node + " says that its disk is full",
          TestCluster.PATIENCE,
          () -> scene.node(node).output().find(FULL).isPresent());
      scene.hold(8);
    } finally {
      scene.disk(node).empty();
      scene.note("the disk of node " + node + " has space again");
    }
  }

  private static ChaosFault slow(String role, ToIntFunction<Roles> who) {
    return new ChaosFault(
        "slow-link-" + role,
        "what goes to the " + role + " takes 40 ms longer, and 3 % of it is lost, for 15 s",
        -1,
        false,
        scene -> {
          int node = who.applyAsInt(scene.roles());
          if (!scene.network().slow(node, 40, 3)) {
            throw new ChaosFault.Impossible("this kernel has no netem (module sch_netem)");
          }
          scene.note("the link of node " + node + " is slow and loses packets");
          scene.hold(15);
          scene.network().heal();
        });
  }

  private static ChaosFault flap(String role, ToIntFunction<Roles> who) {
    return new ChaosFault(
        "flapping-link-" + role,
        "the " + role + " is cut off for up to 0.7 s again and again, for 15 s",
        -1,
        false,
        scene -> {
          int node = who.applyAsInt(scene.roles());
          scene.note("the link of node " + node + " comes and goes");
          for (int i = 0; i < 15; i++) {
            scene.network().isolate(node);
            scene.hold(0.1 + scene.random().nextDouble() * 0.6);
            scene.network().heal();
            scene.hold(0.1 + scene.random().nextDouble() * 0.6);
          }
        });
  }
}
