package io.millrace.controller.state;

import io.millrace.metadata.MetadataRecord;
import java.util.List;

/**
 * What the controller decided: records to commit together, and the reply once they are.
 *
 * @param records may be empty: nothing changes
 *     <p>Owner: immutable.
 */
public record Decision<T>(List<MetadataRecord> records, T reply) {
  public Decision {
    records = List.copyOf(records);
  }

  /** Only a reply. */
  public static <T> Decision<T> unchanged(T reply) {
    return new Decision<>(List.of(), reply);
  }
}
