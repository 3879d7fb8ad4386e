package io.millrace.record;

/**
 * What is wrong with one record of a refused batch (KIP-467).
 *
 * @param batchIndex the record's place in the batch, from 0
 *     <p>Owner: immutable.
 */
public record RecordError(int batchIndex, String message) {}
