package io.millrace.api.cluster;

import io.millrace.api.AsyncReply;
import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import io.millrace.controller.Controller;
import io.millrace.controller.Controller.FeatureUpdate;
import io.millrace.controller.Controller.FeatureUpdate.Direction;
import io.millrace.controller.Controller.Outcome;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.common.message.UpdateFeaturesRequestData;
import org.apache.kafka.common.message.UpdateFeaturesRequestData.FeatureUpdateKey;
import org.apache.kafka.common.message.UpdateFeaturesResponseData;
import org.apache.kafka.common.message.UpdateFeaturesResponseData.UpdatableFeatureResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * UpdateFeatures (KIP-584, KIP-778): all features of a request move to their levels, or none. The
 * whole response then has the error of the first that was refused, as in Kafka.
 *
 * <p>Owner: any thread.
 */
public final class UpdateFeaturesHandler implements RequestHandler {
  private static final short FIRST_VERSION_WITH_UPGRADE_TYPE = 1;
  private static final short LAST_VERSION_WITH_RESULTS = 1;

  private final Controller controller;

  public UpdateFeaturesHandler(Controller controller) {
    this.controller = controller;
  }

  @Override
  public ApiKeys key() {
    return ApiKeys.UPDATE_FEATURES;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    UpdateFeaturesRequestData request = (UpdateFeaturesRequestData) message;
    Map<String, FeatureUpdate> updates = new LinkedHashMap<>();
    for (FeatureUpdateKey update : request.featureUpdates()) {
      Direction direction = direction(update, context.version());
      if (direction == null || update.maxVersionLevel() < 0) {
        context.reply(answer(Errors.INVALID_UPDATE_VERSION, invalid(update)));
        return;
      }
      updates.put(update.feature(), new FeatureUpdate(update.maxVersionLevel(), direction));
    }
    AsyncReply.sendOutcome(
        context,
        AsyncReply.within(
                request.timeoutMs(), controller.updateFeatures(updates, request.validateOnly()))
            .map(outcomes -> respond(updates, outcomes, context.version())),
        UpdateFeaturesHandler::answer);
  }

  /** null = the protocol has no such type. */
  private static Direction direction(FeatureUpdateKey update, short version) {
    if (version < FIRST_VERSION_WITH_UPGRADE_TYPE) {
      return update.allowDowngrade() ? Direction.SAFE_DOWNGRADE : Direction.UPGRADE;
    }
    return switch (update.upgradeType()) {
      case 1 -> Direction.UPGRADE;
      case 2 -> Direction.SAFE_DOWNGRADE;
      case 3 -> Direction.UNSAFE_DOWNGRADE;
      default -> null;
    };
  }

  private static String invalid(FeatureUpdateKey update) {
    String what = "Invalid update version " + update.maxVersionLevel() + " for feature ";
    return what
        + update.feature()
        + (update.maxVersionLevel() < 0
            ? ". A feature version cannot be less than 0."
            : ". There is no upgrade type "
                + update.upgradeType()
                + "; allowed are 1 (upgrade), 2 (safe downgrade) and 3 (unsafe downgrade).");
  }

  private static UpdateFeaturesResponseData respond(
      Map<String, FeatureUpdate> updates, Map<String, Outcome> outcomes, short version) {
    for (Outcome outcome : outcomes.values()) {
      if (outcome.error() != Errors.NONE) {
        return answer(outcome.error(), outcome.message());
      }
    }
    UpdateFeaturesResponseData response = answer(Errors.NONE, null);
    if (version <= LAST_VERSION_WITH_RESULTS) {
      updates
          .keySet()
          .forEach(name -> response.results().add(new UpdatableFeatureResult().setFeature(name)));
    }
    return response;
  }

  private static UpdateFeaturesResponseData answer(Errors error, String why) {
    return new UpdateFeaturesResponseData().setErrorCode(error.code()).setErrorMessage(why);
  }
}
