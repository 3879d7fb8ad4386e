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
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterableConfig;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData.AlterConfigsResourceResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * IncrementalAlterConfigs (KIP-339): single keys of topics, of groups, of this broker, of all
 * brokers (empty name), committed by the controller, all or nothing for each resource; and log
 * levels of this process.
 *
 * <p>Owner: any thread.
 */
public final class IncrementalAlterConfigsHandler implements RequestHandler {
  private static final int COMMIT_WAIT_MS = 30_000;

  private final Controller controller;
  private final int nodeId;
  private final LoggerChanges loggers;

  /**
   * A handler.
   *
   * @param nodeId this node, or {@link ResourceTypes#ANY_NODE}
   */
  public IncrementalAlterConfigsHandler(Controller controller, int nodeId, BrokerLoggers loggers) {
    this.controller = controller;
    this.nodeId = nodeId;
    this.loggers = new LoggerChanges(loggers);
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.INCREMENTAL_ALTER_CONFIGS;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    IncrementalAlterConfigsRequestData request = (IncrementalAlterConfigsRequestData) message;
    IncrementalAlterConfigsResponseData response = new IncrementalAlterConfigsResponseData();
    Map<ConfigResource, List<ConfigOp>> changes = new LinkedHashMap<>();
    Map<ConfigResource, AlterConfigsResourceResponse> pending = new HashMap<>();
    for (AlterConfigsResource resource : request.resources()) {
      AlterConfigsResourceResponse answer = answer(resource, Outcome.OK);
      response.responses().add(answer);
      Outcome known;
      if (request.resources().findAll(resource.resourceType(), resource.resourceName()).size()
          > 1) {
        known = ResourceChange.invalid("Each resource must appear at most once.");
      } else {
        known = take(resource, request.validateOnly(), changes);
      }
      if (known != null) {
        fill(answer, known);
      } else {
        pending.put(change(resource).committed(), answer);
      }
    }
    Future<Map<ConfigResource, Outcome>> command =
        changes.isEmpty()
            ? Future.succeededFuture(Map.of())
            : AsyncReply.within(
                COMMIT_WAIT_MS,
                controller.incrementalAlterConfigs(changes, request.validateOnly()));
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

  /**
   * Checks a resource and puts it to {@code changes} if it is the controller's.
   *
   * @return the outcome, when there is one already
   */
  private Outcome take(
      AlterConfigsResource resource,
      boolean validateOnly,
      Map<ConfigResource, List<ConfigOp>> changes) {
    for (AlterableConfig config : resource.configs()) {
      if (opOf(config) == null) {
        return ResourceChange.invalid(
            "Unknown operation " + config.configOperation() + " for " + config.name());
      }
    }
    ResourceChange change = change(resource);
    Outcome refusal = change.check(nodeId);
    if (refusal != null) {
      return refusal;
    }
    if (change.type() == ResourceTypes.BROKER_LOGGER) {
      return loggers.apply(change.changes(), validateOnly);
    }
    ConfigResource committed = change.committed();
    if (committed == null) {
      return ResourceChange.invalid(ResourceTypes.unsupported(change.type()));
    }
    // "1" and "01" are one broker.
    if (changes.putIfAbsent(committed, change.changes()) != null) {
      return ResourceChange.invalid("Each resource must appear at most once.");
    }
    return null;
  }

  private static ResourceChange change(AlterConfigsResource resource) {
    List<ConfigOp> changes = new ArrayList<>(resource.configs().size());
    for (AlterableConfig config : resource.configs()) {
      ConfigOp.Op op = opOf(config);
      String value = op == ConfigOp.Op.DELETE ? null : config.value();
      changes.add(new ConfigOp(op, config.name(), value));
    }
    return new ResourceChange(resource.resourceType(), resource.resourceName(), changes);
  }

  /** null = the protocol has no such operation. */
  private static ConfigOp.Op opOf(AlterableConfig config) {
    return switch (config.configOperation()) {
      case 0 -> ConfigOp.Op.SET;
      case 1 -> ConfigOp.Op.DELETE;
      case 2 -> ConfigOp.Op.APPEND;
      case 3 -> ConfigOp.Op.SUBTRACT;
      default -> null;
    };
  }

  private static AlterConfigsResourceResponse answer(
      AlterConfigsResource resource, Outcome outcome) {
    AlterConfigsResourceResponse answer =
        new AlterConfigsResourceResponse()
            .setResourceType(resource.resourceType())
            .setResourceName(resource.resourceName());
    fill(answer, outcome);
    return answer;
  }

  private static void fill(AlterConfigsResourceResponse answer, Outcome outcome) {
    Outcome told =
        outcome == null ? new Outcome(Errors.UNKNOWN_SERVER_ERROR, "no outcome") : outcome;
    answer.setErrorCode(told.error().code()).setErrorMessage(told.message());
  }
}
