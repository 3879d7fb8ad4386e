package io.millrace.api.configs;

import io.millrace.api.AsyncReply;
import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.controller.Controller;
import io.millrace.controller.Controller.ConfigOp;
import io.millrace.controller.Controller.Outcome;
import io.millrace.metadata.ConfigResource;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.message.AlterConfigsRequestData;
import org.apache.kafka.common.message.AlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.AlterConfigsRequestData.AlterableConfig;
import org.apache.kafka.common.message.AlterConfigsResponseData;
import org.apache.kafka.common.message.AlterConfigsResponseData.AlterConfigsResourceResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * AlterConfigs, the older way: what is given replaces all configs of a topic, of this broker or of
 * all brokers. Log levels it cannot set, as in Kafka.
 *
 * <p>Owner: any thread.
 */
public final class AlterConfigsHandler implements RequestHandler {
  private static final int COMMIT_WAIT_MS = 30_000;

  private final Controller controller;
  private final int nodeId;

  /**
   * A handler.
   *
   * @param nodeId this node, or {@link ResourceTypes#ANY_NODE}
   */
  public AlterConfigsHandler(Controller controller, int nodeId) {
    this.controller = controller;
    this.nodeId = nodeId;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.ALTER_CONFIGS;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    AlterConfigsRequestData request = (AlterConfigsRequestData) message;
    AlterConfigsResponseData response = new AlterConfigsResponseData();
    Map<ConfigResource, Map<String, String>> configs = new LinkedHashMap<>();
    Map<ConfigResource, AlterConfigsResourceResponse> pending = new HashMap<>();
    for (AlterConfigsResource resource : request.resources()) {
      AlterConfigsResourceResponse answer =
          new AlterConfigsResourceResponse()
              .setResourceType(resource.resourceType())
              .setResourceName(resource.resourceName());
      response.responses().add(answer);
      ResourceChange change = change(resource);
      Outcome refusal;
      if (request.resources().findAll(resource.resourceType(), resource.resourceName()).size()
          > 1) {
        refusal = ResourceChange.invalid("Each resource must appear at most once.");
      } else {
        refusal = take(change, configs);
      }
      if (refusal != null) {
        fill(answer, refusal);
      } else {
        pending.put(change.committed(), answer);
      }
    }
    Future<Map<ConfigResource, Outcome>> command =
        configs.isEmpty()
            ? Future.succeededFuture(Map.of())
            : AsyncReply.within(
                COMMIT_WAIT_MS, controller.alterConfigs(configs, request.validateOnly()));
    AsyncReply.send(
        context,
        command.map(
            outcomes -> {
              pending.forEach((resource, answer) -> fill(answer, outcomes.get(resource)));
              return response;
            }),
        error -> {
          pending.values().forEach(answer -> fill(answer, new Outcome(error, error.message())));
          return response;
        });
  }

  private static ResourceChange change(AlterConfigsResource resource) {
    List<ConfigOp> changes = new ArrayList<>(resource.configs().size());
    for (AlterableConfig config : resource.configs()) {
      changes.add(new ConfigOp(ConfigOp.Op.SET, config.name(), config.value()));
    }
    return new ResourceChange(resource.resourceType(), resource.resourceName(), changes);
  }

  /**
   * Checks a resource and puts it to {@code configs}.
   *
   * @return why not; null = done
   */
  private Outcome take(ResourceChange change, Map<ConfigResource, Map<String, String>> configs) {
    if (change.type() == ResourceTypes.BROKER_LOGGER) {
      return ResourceChange.invalid("Log levels are set by IncrementalAlterConfigs only");
    }
    Outcome refusal = change.check(nodeId);
    if (refusal != null) {
      return refusal;
    }
    ConfigResource committed = change.committed();
    if (committed == null) {
      return ResourceChange.invalid(ResourceTypes.unsupported(change.type()));
    }
    Map<String, String> values = new LinkedHashMap<>();
    change.changes().forEach(config -> values.put(config.key(), config.value()));
    // "1" and "01" are one broker.
    return configs.putIfAbsent(committed, values) == null
        ? null
        : ResourceChange.invalid("Each resource must appear at most once.");
  }

  private static void fill(AlterConfigsResourceResponse answer, Outcome outcome) {
    Outcome told =
        outcome == null ? new Outcome(Errors.UNKNOWN_SERVER_ERROR, "no outcome") : outcome;
    answer.setErrorCode(told.error().code()).setErrorMessage(told.message());
  }
}
