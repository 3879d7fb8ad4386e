/** How two nodes of a cluster open a connection to each other. */
package io.millrace.protocol.peer;
