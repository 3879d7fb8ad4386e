package io.millrace.metadata;

/**
 * Whom a quota is for (KIP-546): a user, a client id, both, or an address. A part that is null does
 * not belong to the entity at all, which is not the same as its default.
 *
 * <p>Owner: immutable.
 *
 * @param user who connects; null = whoever
 * @param clientId what the client calls itself; null = whatever
 * @param ip the address that connections come from; null = wherever
 */
public record QuotaEntity(Name user, Name clientId, Name ip) {
  /**
   * One part of an entity.
   *
   * @param value null = the default: whoever has no quota of the own name
   */
  public record Name(String value) {
    /** Whoever has no quota of the own name. */
    public static final Name DEFAULT = new Name(null);

    /** Whether it stands for those without a quota of their own. */
    public boolean isDefault() {
      return value == null;
    }
  }

  public QuotaEntity {
    if (user == null && clientId == null && ip == null) {
      throw new IllegalArgumentException("A quota for nobody");
    }
  }

  /** The quota of a client id; null = of those that have none of their own. */
  public static QuotaEntity client(String clientId) {
    return new QuotaEntity(null, new Name(clientId), null);
  }

  /** The quota of a user; null = of those that have none of their own. */
  public static QuotaEntity user(String user) {
    return new QuotaEntity(new Name(user), null, null);
  }

  /** The quota of an address; null = of those that have none of their own. */
  public static QuotaEntity ip(String ip) {
    return new QuotaEntity(null, null, new Name(ip));
  }
}
