/** Quotas of clients (KIP-546). */
package io.millrace.api.quotas;
