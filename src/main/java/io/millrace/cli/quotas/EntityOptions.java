package io.millrace.cli.quotas;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.quota.ClientQuotaFilterComponent;
import picocli.CommandLine.Option;

/**
 * Whose quotas are meant.
 *
 * <p>Owner: the command's thread.
 */
final class EntityOptions {
  @Option(names = "--user", paramLabel = "NAME", description = "The user of this name.")
  String user;

  @Option(names = "--default-user", description = "Users without a quota of their own, each.")
  boolean defaultUser;

  @Option(names = "--client-id", paramLabel = "ID", description = "Clients of this id, together.")
  String clientId;

  @Option(
      names = "--default-client-id",
      description = "Client ids without a quota of their own, each.")
  boolean defaultClientId;

  @Option(names = "--ip", paramLabel = "ADDRESS", description = "Connections from this address.")
  String ip;

  @Option(names = "--default-ip", description = "Addresses without a quota of their own, each.")
  boolean defaultIp;

  /** What makes no sense; null = nothing. */
  String wrong() {
    if (user != null && defaultUser) {
      return "Either --user or --default-user";
    }
    if (clientId != null && defaultClientId) {
      return "Either --client-id or --default-client-id";
    }
    if (ip != null && defaultIp) {
      return "Either --ip or --default-ip";
    }
    Map<String, String> entries = entries();
    if (entries.isEmpty()) {
      return "Whose quotas? Give --user, --client-id, both, or --ip, or a --default- of them";
    }
    return entries.containsKey(ClientQuotaEntity.IP) && entries.size() > 1
        ? "An address has quotas of its own: --ip goes with no other"
        : null;
  }

  /** By type; a null name is the default. */
  private Map<String, String> entries() {
    Map<String, String> entries = new LinkedHashMap<>();
    if (user != null || defaultUser) {
      entries.put(ClientQuotaEntity.USER, user);
    }
    if (clientId != null || defaultClientId) {
      entries.put(ClientQuotaEntity.CLIENT_ID, clientId);
    }
    if (ip != null || defaultIp) {
      entries.put(ClientQuotaEntity.IP, ip);
    }
    return entries;
  }

  ClientQuotaEntity entity() {
    return new ClientQuotaEntity(entries());
  }

  /** Finds exactly this entity. */
  List<ClientQuotaFilterComponent> filter() {
    List<ClientQuotaFilterComponent> filter = new ArrayList<>();
    entries()
        .forEach(
            (type, name) ->
                filter.add(
                    name == null
                        ? ClientQuotaFilterComponent.ofDefaultEntity(type)
                        : ClientQuotaFilterComponent.ofEntity(type, name)));
    return filter;
  }

  /** An entity for people, such as {@code user alice, default client-id}. */
  static String text(ClientQuotaEntity entity) {
    List<String> parts = new ArrayList<>();
    new TreeMap<>(entity.entries())
        .descendingMap()
        .forEach((type, name) -> parts.add(name == null ? "default " + type : type + " " + name));
    return String.join(", ", parts);
  }

  /** An entity with its quotas for programs; a null name is the default. */
  static Map<String, Object> json(ClientQuotaEntity entity, Map<String, Double> quotas) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("entity", new TreeMap<>(entity.entries()).descendingMap());
    json.put("quotas", new TreeMap<>(quotas));
    return json;
  }

  /** Without digits that say nothing. */
  static String number(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }
}
