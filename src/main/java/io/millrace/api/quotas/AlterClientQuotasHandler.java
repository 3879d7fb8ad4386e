package io.millrace.api.quotas;

import io.millrace.api.AsyncReply;
import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.controller.Controller;
import io.millrace.controller.Controller.Outcome;
import io.millrace.metadata.MetadataVersion;
import io.millrace.metadata.QuotaEntity;
import io.millrace.metadata.QuotaEntity.Name;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.message.AlterClientQuotasRequestData;
import org.apache.kafka.common.message.AlterClientQuotasRequestData.EntityData;
import org.apache.kafka.common.message.AlterClientQuotasRequestData.EntryData;
import org.apache.kafka.common.message.AlterClientQuotasRequestData.OpData;
import org.apache.kafka.common.message.AlterClientQuotasResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * AlterClientQuotas (KIP-546): all or nothing for each entity. Answers when the quotas are
 * committed, and this node's image has them.
 *
 * <p>Owner: any thread.
 */
public final class AlterClientQuotasHandler implements RequestHandler {
  private static final int COMMIT_WAIT_MS = 30_000;

  private final Controller controller;

  public AlterClientQuotasHandler(Controller controller) {
    this.controller = controller;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.ALTER_CLIENT_QUOTAS;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    AlterClientQuotasRequestData request = (AlterClientQuotasRequestData) message;
    AlterClientQuotasResponseData response = new AlterClientQuotasResponseData();
    Map<QuotaEntity, Map<String, Double>> changes = new LinkedHashMap<>();
    Map<QuotaEntity, AlterClientQuotasResponseData.EntryData> pending = new HashMap<>();
    boolean unknown = context.image().metadataVersion() < MetadataVersion.HAS_CLIENT_QUOTAS;
    for (EntryData entry : request.entries()) {
      AlterClientQuotasResponseData.EntryData answer = answer(entry);
      response.entries().add(answer);
      Map<String, Name> parts = new LinkedHashMap<>();
      Map<String, Double> values = new LinkedHashMap<>();
      Outcome wrong = unknown ? unsupported(context) : read(entry, parts, values);
      if (wrong != null) {
        fill(answer, wrong);
        continue;
      }
      QuotaEntity entity = EntityTypes.entity(parts);
      if (changes.putIfAbsent(entity, values) != null) {
        fill(answer, EntityTypes.invalid("Each entity must appear at most once."));
      } else {
        pending.put(entity, answer);
      }
    }
    Future<Map<QuotaEntity, Outcome>> command =
        changes.isEmpty()
            ? Future.succeededFuture(Map.of())
            : AsyncReply.within(
                COMMIT_WAIT_MS, controller.alterClientQuotas(changes, request.validateOnly()));
    AsyncReply.send(
        context,
        command.map(
            outcomes -> {
              pending.forEach((entity, answer) -> fill(answer, outcomes.get(entity)));
              return response;
            }),
        error -> {
          pending.values().forEach(answer -> fill(answer, new Outcome(error, error.message())));
          return response;
        });
  }

  /** A node that is to decide may be of an older release, which does not know the request. */
  private static Outcome unsupported(RequestContext context) {
    return new Outcome(
        Errors.UNSUPPORTED_VERSION,
        MetadataVersion.FEATURE
            + " is "
            + context.image().metadataVersion()
            + ": finalize "
            + MetadataVersion.HAS_CLIENT_QUOTAS
            + " first, when every node runs a release that can work with it");
  }

  /**
   * Takes an entry apart.
   *
   * @return why it cannot be; null = parts and values are filled
   */
  private static Outcome read(
      EntryData entry, Map<String, Name> parts, Map<String, Double> values) {
    for (EntityData part : entry.entity()) {
      if (parts.put(part.entityType(), new Name(part.entityName())) != null) {
        return EntityTypes.invalid(
            "Invalid client quota entity, duplicate entity entry " + part.entityType());
      }
    }
    for (OpData op : entry.ops()) {
      if (values.containsKey(op.key())) {
        return EntityTypes.invalid(
            "Duplicate quota key " + op.key() + " not updating quota for this entity");
      }
      values.put(op.key(), op.remove() ? null : op.value());
    }
    return EntityTypes.wrong(parts);
  }

  /** An entity as it stands in a request. */
  public static List<EntityData> parts(QuotaEntity entity) {
    List<EntityData> parts = new ArrayList<>();
    EntityTypes.parts(entity)
        .forEach(
            (type, name) ->
                parts.add(new EntityData().setEntityType(type).setEntityName(name.value())));
    return parts;
  }

  /** Changes as they stand in a request; a null value removes. */
  public static List<OpData> ops(Map<String, Double> values) {
    List<OpData> ops = new ArrayList<>();
    values.forEach(
        (key, value) ->
            ops.add(
                new OpData()
                    .setKey(key)
                    .setValue(value == null ? 0 : value)
                    .setRemove(value == null)));
    return ops;
  }

  private static AlterClientQuotasResponseData.EntryData answer(EntryData entry) {
    List<AlterClientQuotasResponseData.EntityData> entity = new ArrayList<>();
    for (EntityData part : entry.entity()) {
      entity.add(
          new AlterClientQuotasResponseData.EntityData()
              .setEntityType(part.entityType())
              .setEntityName(part.entityName()));
    }
    return new AlterClientQuotasResponseData.EntryData().setEntity(entity);
  }

  private static void fill(AlterClientQuotasResponseData.EntryData answer, Outcome outcome) {
    Outcome told =
        outcome == null ? new Outcome(Errors.UNKNOWN_SERVER_ERROR, "no outcome") : outcome;
    answer.setErrorCode(told.error().code()).setErrorMessage(told.message());
  }
}
