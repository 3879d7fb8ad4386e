package io.millrace.controller.state;

import io.millrace.controller.Controller.FeatureUpdate;
import io.millrace.controller.Controller.Outcome;
import io.millrace.metadata.BrokerImage;
import io.millrace.metadata.ControllerImage;
import io.millrace.metadata.FeatureRange;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.MetadataVersion;
import io.millrace.metadata.NodeTraits;
import io.millrace.model.VoterId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.protocol.Errors;

/**
 * UpdateFeatures: a level is finalized when every node, fenced ones too, can work with it. That of
 * {@code metadata.version} never goes down: what was written under it stays in the log, and the
 * nodes of an older release could not read it.
 *
 * <p>Owner: any thread.
 */
public final class FeatureUpdates {
  private final Map<String, FeatureRange> supported;

  /**
   * The rule.
   *
   * @param supported what this release can work with
   */
  public FeatureUpdates(Map<String, FeatureRange> supported) {
    this.supported = Map.copyOf(supported);
  }

  /** All or nothing. */
  public Decision<Map<String, Outcome>> decide(
      MetadataImage image, Map<String, FeatureUpdate> updates, boolean validateOnly) {
    Map<String, Outcome> replies = new LinkedHashMap<>();
    List<MetadataRecord> records = new ArrayList<>();
    String refused = null;
    for (Map.Entry<String, FeatureUpdate> update : new TreeMap<>(updates).entrySet()) {
      try {
        check(image, update.getKey(), update.getValue());
        replies.put(update.getKey(), Outcome.OK);
        if (update.getValue().level() != image.features().getOrDefault(update.getKey(), 0)) {
          records.add(new MetadataRecord.Feature(update.getKey(), update.getValue().level()));
        }
      } catch (Refusal refusal) {
        refused = update.getKey();
        replies.put(update.getKey(), refusal.outcome());
      }
    }
    if (refused == null) {
      return validateOnly ? Decision.unchanged(replies) : new Decision<>(records, replies);
    }
    String because = "Not updated, because the update of " + refused + " is refused";
    replies.replaceAll(
        (name, outcome) ->
            outcome.error() == Errors.NONE
                ? new Outcome(Errors.INVALID_UPDATE_VERSION, because)
                : outcome);
    return Decision.unchanged(replies);
  }

  private void check(MetadataImage image, String feature, FeatureUpdate update) throws Refusal {
    FeatureRange range = supported.get(feature);
    if (range == null) {
      throw refused("This release has no feature " + feature);
    }
    int level = update.level();
    if (!range.contains(level)) {
      throw refused("The controller can work with levels " + range + " of " + feature);
    }
    int current =
        feature.equals(MetadataVersion.FEATURE)
            ? image.metadataVersion()
            : image.features().getOrDefault(feature, 0);
    if (level < current && feature.equals(MetadataVersion.FEATURE)) {
      throw refused(
          feature + " is at level " + current + " and cannot go down: its records are in the log");
    }
    boolean upgrade = update.direction() == FeatureUpdate.Direction.UPGRADE;
    if (level > current && !upgrade) {
      throw refused(feature + " is at level " + current + ": " + level + " is no downgrade");
    }
    if (level < current && upgrade) {
      throw refused(feature + " is at level " + current + ": " + level + " is no upgrade");
    }
    for (BrokerImage broker : image.brokers().values()) {
      checkNode(broker.nodeId(), broker.traits(), feature, level);
    }
    for (ControllerImage node : image.controllers().values()) {
      checkNode(node.nodeId(), node.traits(), feature, level);
    }
    for (VoterId voter : image.voters()) {
      if (!image.brokers().containsKey(voter.nodeId())
          && !image.controllers().containsKey(voter.nodeId())) {
        throw refused(
            "Voter " + voter.nodeId() + " has not registered, so nobody knows what it supports");
      }
    }
  }

  private static void checkNode(int nodeId, NodeTraits traits, String feature, int level)
      throws Refusal {
    if (!traits.supports(feature, level)) {
      FeatureRange range = traits.features().get(feature);
      throw refused(
          "Node "
              + nodeId
              + (range == null
                  ? " has not said which levels of "
                  : " can work with levels " + range + " of ")
              + feature
              + (range == null ? " it can work with" : "")
              + ": upgrade it, or unregister it if it does not come back");
    }
  }

  private static Refusal refused(String message) {
    return new Refusal(Errors.INVALID_UPDATE_VERSION, message);
  }
}
