package io.millrace.partition;

import io.millrace.log.PartitionLog;
import io.millrace.model.EpochEnd;
import io.millrace.partition.state.EpochEnds;

/**
 * The log as the rules of replication look at it.
 *
 * <p>Owner: partition loop.
 */
record LogEpochs(PartitionLog log) implements EpochEnds {
  @Override
  public long startOffset() {
    return log.logStartOffset();
  }

  @Override
  public long endOffset() {
    return log.logEndOffset();
  }

  @Override
  public long nextOffset() {
    return log.nextOffset();
  }

  @Override
  public EpochEnd endOf(int epoch) {
    return log.endOfEpoch(epoch);
  }
}
