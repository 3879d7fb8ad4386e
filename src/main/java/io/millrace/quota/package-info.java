/** How much of something may be used in a while. */
package io.millrace.quota;
