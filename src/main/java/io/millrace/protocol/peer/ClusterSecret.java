package io.millrace.protocol.peer;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * {@code cluster.secret}, as far as it is needed to prove that one knows it:
 *
 * <pre>
 *  key    SHA-256("millrace cluster secret\n" | secret in UTF-8)
 *  proof  HMAC-SHA256(key, role u8 | length i32 | Hello | length i32 | Challenge)
 *  role   1 = of the opener, 2 = of the taker
 * </pre>
 *
 * <p>The two frames hold both nonces, both identities and what the connection is for. So a proof
 * counts for nothing else, not for another connection, and not when it is sent back.
 *
 * <p>Owner: immutable.
 */
public final class ClusterSecret {
  /** Who proves. */
  public enum Role {
    OPENER(1),
    TAKER(2);

    private final int id;

    Role(int id) {
      this.id = id;
    }
  }

  private static final String ALGORITHM = "HmacSHA256";

  private final boolean present;
  private final SecretKeySpec key;

  private ClusterSecret(boolean present, SecretKeySpec key) {
    this.present = present;
    this.key = key;
  }

  /**
   * A secret; null or empty = none, which only fits another side that has none.
   *
   * <p>Loads classes for some 50 ms: not for an event loop.
   */
  public static ClusterSecret of(String secret) {
    boolean present = secret != null && !secret.isEmpty();
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update("millrace cluster secret\n".getBytes(StandardCharsets.UTF_8));
      if (present) {
        digest.update(secret.getBytes(StandardCharsets.UTF_8));
      }
      ClusterSecret made =
          new ClusterSecret(present, new SecretKeySpec(digest.digest(), ALGORITHM));
      made.proof(Role.OPENER, new byte[0], new byte[0]);
      return made;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** Whether there is one. */
  public boolean isPresent() {
    return present;
  }

  /** What a side that has sent or got these two frames proves the secret by. */
  public byte[] proof(Role role, byte[] hello, byte[] challenge) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(key);
      mac.update((byte) role.id);
      mac.update(ByteBuffer.allocate(4).putInt(0, hello.length));
      mac.update(hello);
      mac.update(ByteBuffer.allocate(4).putInt(0, challenge.length));
      mac.update(challenge);
      return mac.doFinal();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has HmacSHA256", e);
    }
  }

  /** Whether the proof is right; takes the same time for every wrong one. */
  public boolean isProof(byte[] proof, Role role, byte[] hello, byte[] challenge) {
    return MessageDigest.isEqual(proof(role, hello, challenge), proof);
  }

  @Override
  public String toString() {
    return present ? "[hidden]" : "none";
  }
}
