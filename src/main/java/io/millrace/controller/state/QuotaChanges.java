package io.millrace.controller.state;

import io.millrace.controller.Controller.Outcome;
import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord;
import io.millrace.metadata.MetadataRecord.ClientQuota;
import io.millrace.metadata.MetadataVersion;
import io.millrace.metadata.QuotaEntity;
import io.millrace.quota.QuotaKey;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.protocol.Errors;

/**
 * AlterClientQuotas (KIP-546): all or nothing for each entity.
 *
 * <p>Owner: any thread.
 */
public final class QuotaChanges {
  private QuotaChanges() {}

  /**
   * Sets and removes quotas.
   *
   * @param changes by entity and key; null = the quota is to go
   */
  public static Decision<Map<QuotaEntity, Outcome>> decide(
      MetadataImage image, Map<QuotaEntity, Map<String, Double>> changes, boolean validateOnly) {
    List<MetadataRecord> records = new ArrayList<>();
    Map<QuotaEntity, Outcome> replies = new LinkedHashMap<>();
    changes.forEach(
        (entity, wanted) -> {
          try {
            Levels.check(image, MetadataVersion.HAS_CLIENT_QUOTAS);
            records.addAll(difference(image, entity, wanted));
            replies.put(entity, Outcome.OK);
          } catch (Refusal refusal) {
            replies.put(entity, refusal.outcome());
          }
        });
    return validateOnly ? Decision.unchanged(replies) : new Decision<>(records, replies);
  }

  private static List<MetadataRecord> difference(
      MetadataImage image, QuotaEntity entity, Map<String, Double> wanted) throws Refusal {
    Map<String, Double> now = image.quotas().get(entity);
    List<MetadataRecord> records = new ArrayList<>();
    for (Map.Entry<String, Double> change : new TreeMap<>(wanted).entrySet()) {
      String key = change.getKey();
      Double value = change.getValue();
      Double old = now == null ? null : now.get(key);
      if (value == null) {
        if (old != null) {
          records.add(new ClientQuota(entity, key, null));
        }
        continue;
      }
      QuotaKey known = QuotaKey.find(key, entity.ip() != null);
      String wrong = known == null ? "Invalid configuration key " + key : known.wrong(value);
      if (wrong != null) {
        throw new Refusal(Errors.INVALID_REQUEST, wrong);
      }
      if (!value.equals(old)) {
        records.add(new ClientQuota(entity, key, value));
      }
    }
    return records;
  }
}
