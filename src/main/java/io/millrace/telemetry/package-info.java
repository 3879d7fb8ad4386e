/**
 * What clients tell about themselves (KIP-714): which metrics they are asked for, who pushes when,
 * and what their metrics say.
 */
package io.millrace.telemetry;
