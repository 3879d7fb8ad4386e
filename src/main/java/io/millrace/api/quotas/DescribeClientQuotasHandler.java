package io.millrace.api.quotas;

import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.metadata.QuotaEntity;
import io.millrace.metadata.QuotaEntity.Name;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.message.DescribeClientQuotasRequestData;
import org.apache.kafka.common.message.DescribeClientQuotasRequestData.ComponentData;
import org.apache.kafka.common.message.DescribeClientQuotasResponseData;
import org.apache.kafka.common.message.DescribeClientQuotasResponseData.EntityData;
import org.apache.kafka.common.message.DescribeClientQuotasResponseData.EntryData;
import org.apache.kafka.common.message.DescribeClientQuotasResponseData.ValueData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * DescribeClientQuotas (KIP-546), from this node's image.
 *
 * <p>Owner: any thread.
 */
public final class DescribeClientQuotasHandler implements RequestHandler {
  private static final byte EXACT = 0;
  private static final byte DEFAULT = 1;
  private static final byte ANY = 2;

  /** What is wanted of one part of an entity. */
  private interface Wanted {
    boolean matches(Name name);
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.DESCRIBE_CLIENT_QUOTAS;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    DescribeClientQuotasRequestData request = (DescribeClientQuotasRequestData) message;
    DescribeClientQuotasResponseData response = new DescribeClientQuotasResponseData();
    try {
      Map<String, Wanted> wanted = filter(request.components());
      List<EntryData> entries = new ArrayList<>();
      context
          .image()
          .quotas()
          .forEach(
              (entity, quotas) -> {
                if (matches(entity, wanted, request.strict())) {
                  entries.add(entry(entity, quotas));
                }
              });
      response.setErrorMessage(null).setEntries(entries);
    } catch (ApiException refused) {
      response
          .setErrorCode(Errors.forException(refused).code())
          .setErrorMessage(refused.getMessage())
          .setEntries(null);
    }
    context.reply(response);
  }

  private static Map<String, Wanted> filter(List<ComponentData> components) {
    Map<String, Wanted> wanted = new LinkedHashMap<>();
    for (ComponentData component : components) {
      String type = component.entityType();
      if (type.isEmpty()) {
        throw new InvalidRequestException("Invalid empty entity type.");
      }
      if (wanted.containsKey(type)) {
        throw new InvalidRequestException(
            "Entity type " + type + " cannot appear more than once in the filter.");
      }
      if (!EntityTypes.ALL.contains(type)) {
        throw new UnsupportedVersionException("Unsupported entity type " + type);
      }
      wanted.put(type, wanted(component));
    }
    if (wanted.containsKey(EntityTypes.IP) && wanted.size() > 1) {
      throw new InvalidRequestException(
          "Invalid entity filter component combination. IP filter component should not be used with"
              + " user or clientId filter component.");
    }
    return wanted;
  }

  private static Wanted wanted(ComponentData component) {
    String match = component.match();
    switch (component.matchType()) {
      case EXACT -> {
        if (match == null) {
          throw new InvalidRequestException(
              "Request specified MATCH_TYPE_EXACT, but set match string to null.");
        }
        return name -> match.equals(name.value());
      }
      case DEFAULT -> {
        checkNone(match, "MATCH_TYPE_DEFAULT");
        return Name::isDefault;
      }
      case ANY -> {
        checkNone(match, "MATCH_TYPE_SPECIFIED");
        return name -> true;
      }
      default -> throw new InvalidRequestException("Unknown match type " + component.matchType());
    }
  }

  private static void checkNone(String match, String type) {
    if (match != null) {
      throw new InvalidRequestException(
          "Request specified " + type + ", but also specified a match string.");
    }
  }

  private static boolean matches(QuotaEntity entity, Map<String, Wanted> wanted, boolean strict) {
    for (Map.Entry<String, Wanted> part : wanted.entrySet()) {
      Name name = EntityTypes.part(entity, part.getKey());
      if (name == null || !part.getValue().matches(name)) {
        return false;
      }
    }
    return !strict || EntityTypes.parts(entity).size() == wanted.size();
  }

  private static EntryData entry(QuotaEntity entity, Map<String, Double> quotas) {
    List<EntityData> parts = new ArrayList<>();
    EntityTypes.parts(entity)
        .forEach(
            (type, name) ->
                parts.add(new EntityData().setEntityType(type).setEntityName(name.value())));
    List<ValueData> values = new ArrayList<>();
    quotas.forEach((key, value) -> values.add(new ValueData().setKey(key).setValue(value)));
    return new EntryData().setEntity(parts).setValues(values);
  }
}
