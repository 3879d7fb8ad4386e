/**
 * Transactions: what producers and administrators ask their coordinator, and how nodes tell each
 * other of partitions that take part and of transactions that end.
 */
package io.millrace.api.transactions;
