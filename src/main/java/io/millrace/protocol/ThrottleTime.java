package io.millrace.protocol;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import org.apache.kafka.common.protocol.ApiMessage;

/**
 * The field {@code throttle_time_ms}, which nearly every response has: it tells a client how long
 * it is to wait (KIP-219).
 *
 * <p>Owner: any thread.
 */
public final class ThrottleTime {
  private static final ClassValue<MethodHandle> SETTERS =
      new ClassValue<>() {
        @Override
        protected MethodHandle computeValue(Class<?> type) {
          try {
            MethodHandle setter =
                MethodHandles.publicLookup()
                    .findVirtual(type, "setThrottleTimeMs", MethodType.methodType(type, int.class));
            return setter.asType(MethodType.methodType(void.class, ApiMessage.class, int.class));
          } catch (NoSuchMethodException | IllegalAccessException e) {
            return null; // the response has no such field
          }
        }
      };

  private ThrottleTime() {}

  /** Sets the field, if the response has it. */
  public static void set(ApiMessage response, int ms) {
    MethodHandle setter = SETTERS.get(response.getClass());
    if (setter == null) {
      return;
    }
    try {
      setter.invokeExact(response, ms);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
