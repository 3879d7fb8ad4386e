package io.millrace.cluster.hazelcast;

import com.hazelcast.nio.MemberSocketInterceptor;
import io.millrace.model.Cooldown;
import io.millrace.protocol.peer.ClusterSecret;
import io.millrace.protocol.peer.ClusterSecret.Role;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What both ends of a connection on {@code cluster.port} say before Hazelcast reads a byte of it:
 *
 * <pre>
 *  opener  hello      "millrace membership\n" | nonce, 32 random bytes
 *  taker   challenge  nonce, 32 random bytes
 *  opener  proof      32 bytes, see {@link ClusterSecret}
 *  taker   proof      32 bytes
 * </pre>
 *
 * <p>Without {@code cluster.secret} the proof is that there is none: it keeps out whoever is no
 * node, not whoever wants to look like one.
 *
 * <p>Who is silent holds a thread for {@code patienceMs} at most, and {@link #MOST_AT_ONCE} threads
 * together; then the one that waits longest gives way, since nodes need milliseconds. A refused
 * connection is only shut down: Hazelcast forgets one whose other side has ended, and keeps one for
 * ever when this class throws.
 *
 * <p>Owner: any thread; each call blocks the one that it is called on.
 */
final class MemberGate implements MemberSocketInterceptor {
  private static final Logger LOG = LoggerFactory.getLogger(MemberGate.class);
  private static final byte[] HELLO = "millrace membership\n".getBytes(StandardCharsets.US_ASCII);
  private static final int NONCE_BYTES = 32;
  private static final int PROOF_BYTES = 32;

  /** A node with another secret comes back every few seconds. */
  private static final long WARN_EVERY_NANOS = 10_000_000_000L;

  /** Half of the threads that Hazelcast has for it: the others open connections. */
  static final int MOST_AT_ONCE = 8;

  private final ClusterSecret secret;
  private final long patienceMs;
  private final SecureRandom random = new SecureRandom();
  private final Cooldown warnings = new Cooldown(WARN_EVERY_NANOS, System.nanoTime());
  // Guarded by itself: the sockets whose other side has not proved anything, the oldest first.
  private final Deque<Socket> unproved = new ArrayDeque<>();

  MemberGate(ClusterSecret secret, long patienceMs) {
    this.secret = secret;
    this.patienceMs = patienceMs;
  }

  @Override
  public void init(Properties properties) {
    // Nothing of Hazelcast's configuration concerns it.
  }

  @Override
  public void onConnect(Socket socket) {
    Wire wire = new Wire(socket, patienceMs);
    try {
      byte[] hello = Arrays.copyOf(HELLO, HELLO.length + NONCE_BYTES);
      System.arraycopy(nonce(), 0, hello, HELLO.length, NONCE_BYTES);
      wire.write(hello);
      byte[] challenge = wire.read(NONCE_BYTES);
      wire.write(secret.proof(Role.OPENER, hello, challenge));
      check(wire.read(PROOF_BYTES), Role.TAKER, hello, challenge);
      wire.done();
    } catch (IOException e) {
      refuse(socket, e);
    }
  }

  @Override
  public void onAccept(Socket socket) {
    Wire wire = new Wire(socket, patienceMs);
    enter(socket);
    try {
      byte[] hello = wire.read(HELLO.length + NONCE_BYTES);
      if (!Arrays.equals(hello, 0, HELLO.length, HELLO, 0, HELLO.length)) {
        throw new IOException("what it sends is not of a node");
      }
      byte[] challenge = nonce();
      wire.write(challenge);
      check(wire.read(PROOF_BYTES), Role.OPENER, hello, challenge);
      wire.write(secret.proof(Role.TAKER, hello, challenge));
      wire.done();
    } catch (IOException e) {
      if (wire.heard || !(e instanceof EOFException)) { // not of a probe of the port
        refuse(socket, e);
      } else {
        shut(socket);
      }
    } finally {
      synchronized (unproved) {
        unproved.remove(socket);
      }
    }
  }

  private void enter(Socket socket) {
    Socket longest = null;
    synchronized (unproved) {
      if (unproved.size() >= MOST_AT_ONCE) {
        longest = unproved.poll();
      }
      unproved.add(socket);
    }
    if (longest != null) {
      shut(longest);
    }
  }

  private void check(byte[] proof, Role of, byte[] hello, byte[] challenge) throws IOException {
    if (!secret.isProof(proof, of, hello, challenge)) {
      throw new IOException("it has another cluster.secret");
    }
  }

  private byte[] nonce() {
    byte[] nonce = new byte[NONCE_BYTES];
    random.nextBytes(nonce);
    return nonce;
  }

  private void refuse(Socket socket, IOException why) {
    String reason = why.getMessage();
    if (why instanceof EOFException) {
      reason = "it ended; perhaps it has another cluster.secret or is of another release";
    } else if (why instanceof SocketTimeoutException) {
      reason = "it did not prove within " + patienceMs + " ms that it is a node";
    }
    long leftOut = warnings.enter(System.nanoTime());
    if (leftOut >= 0) {
      LOG.warn(
          "Ended a connection of cluster.port with {}: {} ({} more before)",
          socket.getRemoteSocketAddress(),
          reason,
          leftOut);
    }
    shut(socket);
  }

  /** A thread that reads from it is woken up. */
  private static void shut(Socket socket) {
    try {
      socket.shutdownInput();
      socket.shutdownOutput();
    } catch (IOException e) {
      LOG.debug("{} has ended already", socket, e);
    }
  }

  /**
   * A socket with a time by which all has to be done.
   *
   * <p>Owner: the thread that made it.
   */
  private static final class Wire {
    private final Socket socket;
    private final long endNanos;
    private boolean heard;

    Wire(Socket socket, long patienceMs) {
      this.socket = socket;
      this.endNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(patienceMs);
    }

    byte[] read(int bytes) throws IOException {
      byte[] read = new byte[bytes];
      InputStream in = socket.getInputStream();
      for (int have = 0; have < bytes; ) {
        long leftMs = TimeUnit.NANOSECONDS.toMillis(endNanos - System.nanoTime());
        if (leftMs <= 0) {
          throw new SocketTimeoutException();
        }
        socket.setSoTimeout((int) leftMs);
        int more = in.read(read, have, bytes - have);
        if (more < 0) {
          throw new EOFException();
        }
        heard = true;
        have += more;
      }
      return read;
    }

    /** What is written is short enough to find room in the socket's buffer. */
    void write(byte[] bytes) throws IOException {
      socket.getOutputStream().write(bytes);
    }

    void done() throws IOException {
      socket.setSoTimeout(0);
    }
  }
}
