/** {@code millrace configs}: the settings of whatever has some. */
package io.millrace.cli.configs;
