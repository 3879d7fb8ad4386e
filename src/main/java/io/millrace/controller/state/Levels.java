package io.millrace.controller.state;

import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataVersion;
import org.apache.kafka.common.protocol.Errors;

/**
 * Refuses what the finalized {@link MetadataVersion} has no records for.
 *
 * <p>Owner: any thread.
 */
final class Levels {
  private Levels() {}

  /**
   * Checks the level.
   *
   * @throws Refusal with UNSUPPORTED_VERSION, and what to do
   */
  static void check(MetadataImage image, int needed) throws Refusal {
    if (image.metadataVersion() < needed) {
      throw new Refusal(
          Errors.UNSUPPORTED_VERSION,
          MetadataVersion.FEATURE
              + " is "
              + image.metadataVersion()
              + ": finalize "
              + needed
              + " first, when every node runs a release that can work with it");
    }
  }
}
