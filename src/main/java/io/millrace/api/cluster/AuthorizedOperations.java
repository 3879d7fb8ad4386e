package io.millrace.api.cluster;

import java.util.List;
import org.apache.kafka.common.acl.AclOperation;

/**
 * The bit fields of KIP-430: what the client may do. Without an authorizer it may do all that there
 * is for the resource.
 *
 * <p>Owner: any thread.
 */
public final class AuthorizedOperations {
  /** The client did not ask: the default of the protocol. */
  public static final int NOT_ASKED = Integer.MIN_VALUE;

  static final int ALL_OF_TOPIC =
      bits(
          List.of(
              AclOperation.READ,
              AclOperation.WRITE,
              AclOperation.CREATE,
              AclOperation.DELETE,
              AclOperation.ALTER,
              AclOperation.DESCRIBE,
              AclOperation.DESCRIBE_CONFIGS,
              AclOperation.ALTER_CONFIGS));

  static final int ALL_OF_CLUSTER =
      bits(
          List.of(
              AclOperation.CREATE,
              AclOperation.ALTER,
              AclOperation.DESCRIBE,
              AclOperation.CLUSTER_ACTION,
              AclOperation.DESCRIBE_CONFIGS,
              AclOperation.ALTER_CONFIGS,
              AclOperation.IDEMPOTENT_WRITE));

  public static final int ALL_OF_GROUP =
      bits(
          List.of(
              AclOperation.READ,
              AclOperation.DESCRIBE,
              AclOperation.DELETE,
              AclOperation.DESCRIBE_CONFIGS,
              AclOperation.ALTER_CONFIGS));

  private AuthorizedOperations() {}

  private static int bits(List<AclOperation> operations) {
    return operations.stream()
        .mapToInt(operation -> 1 << operation.code())
        .reduce(0, (a, b) -> a | b);
  }
}
