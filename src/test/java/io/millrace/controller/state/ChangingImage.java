package io.millrace.controller.state;

import io.millrace.metadata.MetadataImage;
import io.millrace.metadata.MetadataRecord;
import java.util.List;

/**
 * The image of a test, which what is decided changes at once.
 *
 * <p>Owner: the test's thread.
 */
abstract class ChangingImage {
  static final TopicPolicies POLICIES = new TopicPolicies(Images.RULES);
  static final Failover FAILOVER = new Failover(POLICIES);

  MetadataImage image;

  ChangingImage(MetadataImage image) {
    this.image = image;
  }

  final void apply(List<MetadataRecord> records) {
    image = Images.with(image, records);
  }

  /** The broker is fenced. */
  final void away(int nodeId) {
    apply(FAILOVER.fence(image, nodeId));
  }

  /** The broker serves again. */
  final void back(int nodeId) {
    apply(FAILOVER.unfence(image, nodeId));
  }
}
