package io.millrace.it;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * One fault after the other, and sometimes two at once, as the seed wants it: kill -9 (also with a
 * torn end, or with a lost end and another boot id), SIGSTOP, isolation, cuts of one way or both.
 *
 * <p>A second fault never loses the end of a log: two of three machines that lose their power may
 * lose what only they had.
 *
 * <p>Owner: the test's thread.
 */
final class ChaosMix {
  private final ChaosScene scene;
  private final Random random;
  private final int seconds;

  ChaosMix(ChaosScene scene, int seconds) {
    this.scene = scene;
    this.random = scene.random();
    this.seconds = seconds;
  }

  /** Ends with all nodes running and the network whole. */
  void play() {
    long end = System.nanoTime() + seconds * 1_000_000_000L;
    while (System.nanoTime() - end < 0) {
      round();
    }
  }

  private void round() {
    int node = 1 + random.nextInt(ChaosScene.NODES);
    List<Runnable> ends = new ArrayList<>();
    ends.add(begin(node, true));
    if (random.nextInt(4) == 0) {
      scene.hold(random.nextDouble());
      ends.add(begin(node % ChaosScene.NODES + 1, false));
    }
    scene.hold(0.5 + random.nextDouble() * 9);
    ends.forEach(Runnable::run);
    scene.awaitReady();
    // A tail may be lost only when others have it.
    scene.awaitFullIsr();
    scene.hold(random.nextDouble() * 2);
  }

  private Runnable begin(int node, boolean mayLoseTail) {
    int other = node % ChaosScene.NODES + 1;
    switch (random.nextInt(mayLoseTail ? 7 : 6)) {
      case 0 -> {
        scene.kill(node);
        return () -> startAgain(node);
      }
      case 1 -> {
        scene.kill(node);
        scene.tearTails(node);
        return () -> startAgain(node);
      }
      case 2 -> {
        scene.note("SIGSTOP of node " + node);
        scene.node(node).pause();
        return () -> {
          scene.note("SIGCONT of node " + node);
          scene.node(node).resume();
        };
      }
      case 3 -> {
        scene.note("node " + node + " is isolated");
        scene.network().isolate(node);
        return this::heal;
      }
      case 4 -> {
        boolean outwards = random.nextBoolean();
        int from = outwards ? node : other;
        int to = outwards ? other : node;
        scene.note("node " + to + " does not hear node " + from);
        scene.network().cut(from, to);
        return this::heal;
      }
      case 5 -> {
        scene.note("nodes " + node + " and " + other + " do not reach each other");
        scene.network().part(node, other);
        return this::heal;
      }
      default -> {
        scene.kill(node);
        scene.loseTails(node);
        return () -> startAgain(node);
      }
    }
  }

  private void startAgain(int node) {
    scene.note("start of node " + node);
    scene.node(node).start();
  }

  private void heal() {
    scene.note("the network is whole again");
    scene.network().heal();
  }
}
