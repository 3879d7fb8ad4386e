package io.millrace.http;

import io.millrace.log.BadBatches;
import io.millrace.log.ScrubSettings;
import io.millrace.log.ScrubStatus;
import java.util.List;

/**
 * How the scrub stands.
 *
 * @param directories empty = it has not begun
 *     <p>Owner: immutable.
 */
public record ScrubView(
    ScrubSettings settings, List<ScrubStatus> directories, List<BadBatches.Found> found) {
  public ScrubView {
    directories = List.copyOf(directories);
    found = List.copyOf(found);
  }
}
