package io.millrace.quota;

import io.millrace.metadata.QuotaEntity;
import io.millrace.metadata.QuotaEntity.Name;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;

/**
 * Which quota holds for whom: all quotas of an image, to be asked by user and client id, or by
 * address.
 *
 * <p>Owner: immutable.
 */
public final class QuotaPlan {
  /** There are no quotas. */
  public static final QuotaPlan EMPTY = new QuotaPlan(Map.of());

  /**
   * The quota that holds for somebody.
   *
   * @param value per second, in the unit of the key
   * @param sharing with whom it is shared: everybody with the same user, client id or both, as the
   *     quota names them; a default is one quota for each
   */
  public record Limit(double value, QuotaEntity sharing) {}

  private final Map<QuotaKey, Map<QuotaEntity, Double>> byKey = new EnumMap<>(QuotaKey.class);

  /** A plan of what is in an image. */
  public QuotaPlan(Map<QuotaEntity, ? extends Map<String, Double>> quotas) {
    quotas.forEach(
        (entity, values) ->
            values.forEach(
                (text, value) -> {
                  // What a newer release has set and this one does not know is not for it.
                  QuotaKey key = QuotaKey.find(text, entity.ip() != null);
                  if (key != null) {
                    byKey
                        .computeIfAbsent(key, any -> new HashMap<>())
                        .put(canonical(entity), value);
                  }
                }));
  }

  /** An address has several spellings in version 6. */
  private static QuotaEntity canonical(QuotaEntity entity) {
    if (entity.ip() == null || entity.ip().isDefault() || !entity.ip().value().contains(":")) {
      return entity;
    }
    return QuotaEntity.ip(Ipv6.canonical(entity.ip().value()));
  }

  /** Whether no client can have a quota. */
  public boolean isEmpty() {
    return byKey.isEmpty()
        || (byKey.size() == 1 && byKey.containsKey(QuotaKey.CONNECTION_CREATION_RATE));
  }

  /**
   * The quota of a client; null = it has none. The most specific one counts, in Kafka's order: of
   * user and client id, of the user, of the client id, each before its default.
   *
   * @param user never null: somebody without a name has the name ANONYMOUS
   * @param clientId what it calls itself; empty = nothing
   */
  public Limit limit(QuotaKey key, String user, String clientId) {
    Map<QuotaEntity, Double> quotas = byKey.get(key);
    if (quotas == null) {
      return null;
    }
    Name name = new Name(user);
    Name id = new Name(clientId);
    for (Name ofUser : new Name[] {name, Name.DEFAULT}) {
      for (Name ofClient : new Name[] {id, Name.DEFAULT, null}) {
        Double value = quotas.get(new QuotaEntity(ofUser, ofClient, null));
        if (value != null) {
          return new Limit(value, new QuotaEntity(name, ofClient == null ? null : id, null));
        }
      }
    }
    for (Name ofClient : new Name[] {id, Name.DEFAULT}) {
      Double value = quotas.get(new QuotaEntity(null, ofClient, null));
      if (value != null) {
        return new Limit(value, new QuotaEntity(null, id, null));
      }
    }
    return null;
  }

  /**
   * The quota of an address; null = it has none.
   *
   * @param ip as {@code InetAddress.getHostAddress} writes it
   */
  public Double ofAddress(String ip) {
    Map<QuotaEntity, Double> quotas = byKey.get(QuotaKey.CONNECTION_CREATION_RATE);
    if (quotas == null) {
      return null;
    }
    Double value = quotas.get(QuotaEntity.ip(ip));
    return value == null ? quotas.get(QuotaEntity.ip(null)) : value;
  }
}
