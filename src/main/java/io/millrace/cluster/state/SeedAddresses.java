package io.millrace.cluster.state;

import java.util.Set;

/**
 * What one seed's name stands for, as it was looked up last.
 *
 * @param addresses cluster addresses, {@code ip:port}; empty = the name is not known (yet)
 * @param ofThisHost whether one of them is an address of this machine with this node's own port: a
 *     machine may know its own name by an address that no other does
 *     <p>Owner: immutable.
 */
public record SeedAddresses(Set<String> addresses, boolean ofThisHost) {
  public SeedAddresses {
    addresses = Set.copyOf(addresses);
  }
}
