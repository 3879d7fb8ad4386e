package io.millrace.network;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Passes on so many bytes of each direction of a connection, then resets both ends.
 *
 * <p>Owner: the test's thread; a thread for each direction passes on.
 */
final class Cutter implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Cutter.class);

  private final ServerSocket listening;
  private final List<Thread> threads = new ArrayList<>();
  private volatile int limit;

  Cutter(int target) throws IOException {
    this.listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    start(
        () -> {
          while (true) {
            Socket near = listening.accept();
            Socket far = new Socket(InetAddress.getLoopbackAddress(), target);
            near.setSoLinger(true, 0);
            far.setSoLinger(true, 0);
            int bytes = limit;
            start(() -> pass(near, far, bytes));
            start(() -> pass(far, near, bytes));
          }
        });
  }

  private interface Work {
    void run() throws IOException;
  }

  private void start(Work work) {
    Thread thread =
        new Thread(
            () -> {
              try {
                work.run();
              } catch (IOException e) {
                LOG.trace("The test has ended, or one of the two has", e);
              }
            });
    thread.setDaemon(true);
    thread.start();
    synchronized (threads) {
      threads.add(thread);
    }
  }

  private static void pass(Socket from, Socket to, int limit) throws IOException {
    try (from;
        to) {
      InputStream in = from.getInputStream();
      byte[] buffer = new byte[4096];
      int left = limit;
      while (left > 0) {
        int read = in.read(buffer, 0, Math.min(left, buffer.length));
        if (read < 0) {
          return;
        }
        to.getOutputStream().write(buffer, 0, read);
        left -= read;
      }
    }
  }

  int port() {
    return listening.getLocalPort();
  }

  void cutAfter(int bytes) {
    limit = bytes;
  }

  @Override
  public void close() throws IOException {
    listening.close();
    List<Thread> all;
    synchronized (threads) {
      all = List.copyOf(threads);
    }
    for (Thread thread : all) {
      try {
        thread.join(TimeUnit.SECONDS.toMillis(10));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
