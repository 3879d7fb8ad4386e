package io.millrace.api.quotas;

import io.millrace.controller.Controller.Outcome;
import io.millrace.metadata.QuotaEntity;
import io.millrace.metadata.QuotaEntity.Name;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.apache.kafka.common.protocol.Errors;

/**
 * The entities of quotas in the words of the protocol: by type, a null name stands for the default.
 *
 * <p>Owner: immutable.
 */
final class EntityTypes {
  static final String USER = "user";
  static final String CLIENT_ID = "client-id";
  static final String IP = "ip";
  static final List<String> ALL = List.of(USER, CLIENT_ID, IP);

  private static final String BYTE = "(25[0-5]|2[0-4]\\d|1?\\d?\\d)";
  private static final Pattern IPV4 = Pattern.compile(BYTE + "(\\." + BYTE + "){3}");
  private static final Pattern IPV6 = Pattern.compile("[0-9a-fA-F:]{2,39}");

  private EntityTypes() {}

  /** The part of the type; null = the entity has none. */
  static Name part(QuotaEntity entity, String type) {
    return switch (type) {
      case USER -> entity.user();
      case CLIENT_ID -> entity.clientId();
      case IP -> entity.ip();
      default -> null;
    };
  }

  /** The parts by type. */
  static Map<String, Name> parts(QuotaEntity entity) {
    Map<String, Name> parts = new LinkedHashMap<>();
    for (String type : ALL) {
      Name name = part(entity, type);
      if (name != null) {
        parts.put(type, name);
      }
    }
    return parts;
  }

  /** The entity of checked parts. */
  static QuotaEntity entity(Map<String, Name> parts) {
    return new QuotaEntity(parts.get(USER), parts.get(CLIENT_ID), parts.get(IP));
  }

  /** Why there is no entity of these parts; null = there is. */
  static Outcome wrong(Map<String, Name> parts) {
    if (parts.isEmpty()) {
      return invalid("Invalid empty client quota entity");
    }
    for (Map.Entry<String, Name> part : parts.entrySet()) {
      if (!ALL.contains(part.getKey())) {
        return invalid("Unhandled client quota entity type: " + part.getKey());
      }
      if ("".equals(part.getValue().value())) {
        return invalid("Empty " + part.getKey() + " not supported");
      }
    }
    Name ip = parts.get(IP);
    if (ip == null) {
      return null;
    }
    if (parts.size() > 1) {
      return invalid(
          "Invalid quota entity combination, IP entity should not be combined with user or client-id");
    }
    return ip.isDefault() || isAddress(ip.value())
        ? null
        : invalid(ip.value() + " is not a valid IP address");
  }

  /** Whether it is an address in figures: names are not looked up. */
  private static boolean isAddress(String text) {
    return IPV4.matcher(text).matches() || (text.contains(":") && IPV6.matcher(text).matches());
  }

  static Outcome invalid(String message) {
    return new Outcome(Errors.INVALID_REQUEST, message);
  }
}
