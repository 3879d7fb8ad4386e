/**
 * The transaction coordinator (KIP-98, KIP-890, KIP-939): what each transactional id of one
 * partition of {@code __transaction_state} does. Pure: no Vert.x, files, clocks or metrics.
 */
package io.millrace.coordinator.transaction;
