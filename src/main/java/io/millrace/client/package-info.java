/** What a node says to the other nodes of its cluster, and by which connections. */
package io.millrace.client;
