/** {@code millrace transactions}: what transactional producers have open. */
package io.millrace.cli.transactions;
