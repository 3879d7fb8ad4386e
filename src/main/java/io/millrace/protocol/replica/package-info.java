/** What followers ask of leaders and are answered, as values; on the wire it is Kafka's Fetch. */
package io.millrace.protocol.replica;
