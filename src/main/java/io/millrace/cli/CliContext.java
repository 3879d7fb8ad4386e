package io.millrace.cli;

/**
 * What a command gets from outside.
 *
 * @param terminal its standard streams
 * @param clients makes connections to brokers
 * @param interruption tells of signals
 *     <p>Owner: immutable.
 */
public record CliContext(Terminal terminal, KafkaClients clients, Interruption interruption) {}
