/** Where coordinators are, and the topics that they keep their state in. */
package io.millrace.api.coordinators;
