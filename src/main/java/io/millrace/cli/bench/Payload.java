package io.millrace.cli.bench;

import java.nio.charset.StandardCharsets;
import java.util.Random;

/**
 * Values of records, made ahead: random bytes that no codec can shrink, or words that compress as
 * text does.
 *
 * <p>Owner: immutable.
 */
final class Payload {
  /** What values are made of. */
  enum Kind {
    RANDOM,
    TEXT
  }

  private static final int VARIANTS = 64;
  private static final String[] WORDS = {
    "order",
    "customer",
    "shipped",
    "pending",
    "invoice",
    "total",
    "currency",
    "EUR",
    "status",
    "created",
    "updated",
    "warehouse",
    "quantity",
    "article",
    "address",
    "country",
    "reference"
  };

  private final byte[][] values = new byte[VARIANTS][];

  Payload(Kind kind, int size) {
    // The same values in every run, so that runs can be compared.
    Random random = new Random(42);
    for (int i = 0; i < VARIANTS; i++) {
      values[i] = kind == Kind.RANDOM ? random(random, size) : text(random, size);
    }
  }

  byte[] value(long index) {
    return values[(int) (index % VARIANTS)];
  }

  private static byte[] random(Random random, int size) {
    byte[] bytes = new byte[size];
    random.nextBytes(bytes);
    return bytes;
  }

  private static byte[] text(Random random, int size) {
    StringBuilder text = new StringBuilder(size + 16);
    while (text.length() < size) {
      text.append(WORDS[random.nextInt(WORDS.length)]).append(' ').append(random.nextInt(1000));
      text.append(' ');
    }
    return text.substring(0, size).getBytes(StandardCharsets.US_ASCII);
  }
}
