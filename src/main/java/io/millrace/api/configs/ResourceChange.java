package io.millrace.api.configs;

import io.millrace.controller.Controller.ConfigOp;
import io.millrace.controller.Controller.Outcome;
import io.millrace.metadata.ConfigResource;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.protocol.Errors;

/**
 * What a request to alter configs says of one resource, with the checks that need nothing but the
 * request.
 *
 * @param type as in the protocol
 * @param changes in the order of the request
 *     <p>Owner: immutable.
 */
record ResourceChange(byte type, String name, List<ConfigOp> changes) {
  ResourceChange {
    changes = List.copyOf(changes);
  }

  static Outcome invalid(String why) {
    return new Outcome(Errors.INVALID_REQUEST, why);
  }

  /** Why it is refused; null = nothing against it. */
  Outcome check(int nodeId) {
    Set<String> keys = new HashSet<>();
    for (ConfigOp change : changes) {
      if (!keys.add(change.key())) {
        return invalid("Error due to duplicate config keys: " + change.key());
      }
      if (change.op() != ConfigOp.Op.DELETE && change.value() == null) {
        return invalid("Null value not supported for: " + change.key());
      }
    }
    boolean ofOneBroker =
        type == ResourceTypes.BROKER_LOGGER || (type == ResourceTypes.BROKER && !name.isEmpty());
    String otherNode = ofOneBroker ? ResourceTypes.notThisNode(name, nodeId) : null;
    return otherNode == null ? null : invalid(otherNode);
  }

  /** The resource for the controller; null = its type is none that has committed configs. */
  ConfigResource committed() {
    return switch (type) {
      case ResourceTypes.TOPIC -> ConfigResource.topic(name);
      // Whatever way the client writes the number: the controller's name of the node is one.
      case ResourceTypes.BROKER ->
          name.isEmpty()
              ? ConfigResource.brokerDefault()
              : ConfigResource.broker(Integer.parseInt(name));
      case ResourceTypes.GROUP -> ConfigResource.group(name);
      case ResourceTypes.CLIENT_METRICS -> ConfigResource.clientMetrics(name);
      default -> null;
    };
  }
}
