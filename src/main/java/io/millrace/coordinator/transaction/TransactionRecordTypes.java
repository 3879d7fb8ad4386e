package io.millrace.coordinator.transaction;

import io.millrace.coordinator.shard.RecordTypes;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.coordinator.transaction.generated.CoordinatorRecordType;

/**
 * The records of {@code __transaction_state}: there is one type.
 *
 * <p>Owner: immutable.
 */
public final class TransactionRecordTypes implements RecordTypes {
  @Override
  public ApiMessage newKey(short type) {
    return type == CoordinatorRecordType.TRANSACTION_LOG.id()
        ? CoordinatorRecordType.TRANSACTION_LOG.newRecordKey()
        : null;
  }

  @Override
  public ApiMessage newValue(short type) {
    return CoordinatorRecordType.TRANSACTION_LOG.newRecordValue();
  }
}
