/** Fetches from leaders what the replicas of this node that follow them need. */
package io.millrace.replication;
