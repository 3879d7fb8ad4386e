/** The commands about quotas of clients. */
package io.millrace.cli.quotas;
