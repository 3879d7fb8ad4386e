package io.millrace.partition;

import org.apache.kafka.common.protocol.Errors;

/**
 * A value or the reason why there is none.
 *
 * @param error {@link Errors#NONE} = {@code value} holds
 * @param message what to do about the error; null = the error's own text
 *     <p>Owner: immutable.
 */
public record Answer<T>(Errors error, String message, T value) {
  public static <T> Answer<T> of(T value) {
    return new Answer<>(Errors.NONE, null, value);
  }

  public static <T> Answer<T> refused(Errors error, String message) {
    return new Answer<>(error, message, null);
  }
}
