package io.millrace.quota;

import io.millrace.metadata.QuotaEntity;
import java.util.Arrays;
import java.util.List;

/**
 * What a quota can be on, with Kafka's names and bounds (KIP-13, KIP-124, KIP-599, KIP-612).
 *
 * <p>Owner: immutable.
 */
public enum QuotaKey {
  /** Bytes per second of Produce requests, to one node. */
  PRODUCER_BYTE_RATE("producer_byte_rate", Long.MAX_VALUE, true, false),
  /** Bytes per second of records in answers to Fetch, of one node. */
  CONSUMER_BYTE_RATE("consumer_byte_rate", Long.MAX_VALUE, true, false),
  /** Percent of one thread's time that requests take on one node; of all its threads together. */
  REQUEST_PERCENTAGE("request_percentage", Double.MAX_VALUE, false, false),
  /** Partitions created and deleted per second through one node. */
  CONTROLLER_MUTATION_RATE("controller_mutation_rate", Double.MAX_VALUE, false, false),
  /** New connections per second of one address to one node. */
  CONNECTION_CREATION_RATE("connection_creation_rate", Integer.MAX_VALUE, true, true);

  private static final double FRACTION = 1e-6;

  private final String text;
  private final double max;
  private final boolean whole;
  private final boolean ofAddresses;

  QuotaKey(String text, double max, boolean whole, boolean ofAddresses) {
    this.text = text;
    this.max = max;
    this.whole = whole;
    this.ofAddresses = ofAddresses;
  }

  /** As it stands in requests and records. */
  public String text() {
    return text;
  }

  /** Whether it is for addresses; else for users and client ids. */
  public boolean ofAddresses() {
    return ofAddresses;
  }

  /** The key of this name for entities of this kind; null = there is none. */
  public static QuotaKey find(String text, boolean ofAddresses) {
    return Arrays.stream(values())
        .filter(key -> key.text.equals(text) && key.ofAddresses == ofAddresses)
        .findFirst()
        .orElse(null);
  }

  /** Names of the keys that an entity can have. */
  public static List<String> namesFor(QuotaEntity entity) {
    return Arrays.stream(values())
        .filter(key -> key.ofAddresses == (entity.ip() != null))
        .map(QuotaKey::text)
        .toList();
  }

  /** Why the value cannot be set; null = it can. */
  public String wrong(double value) {
    if (!(value > 0)) {
      return "Quota " + text + " must be greater than 0";
    }
    if (whole && value > max) {
      return "Proposed value for "
          + text
          + " is too large for "
          + (ofAddresses ? "an INT." : "a LONG.");
    }
    if (whole && Math.abs(value - (long) value) > FRACTION) {
      return text + " cannot be a fractional value.";
    }
    return null;
  }
}
