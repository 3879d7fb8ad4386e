package io.millrace.telemetry;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.millrace.model.RegexSize;
import java.util.Set;
import org.apache.kafka.common.protocol.Errors;

/**
 * One condition of a subscription: an attribute of the client and the regular expression that its
 * whole value must match. RE2 matches in linear time whatever it is given.
 *
 * <p>Owner: immutable.
 */
public final class Selector {
  private static final Set<String> ATTRIBUTES =
      Set.of(
          "client_instance_id",
          "client_id",
          "client_software_name",
          "client_software_version",
          "client_source_address",
          "client_source_port");

  /** A larger one would make a single match long, and to compile it as well. */
  private static final int MAX_SIZE = 1_024;

  /** A longer value matches nothing: what a client calls itself must not keep a loop busy. */
  static final int MAX_VALUE = 512;

  private final String attribute;
  private final Pattern pattern;

  private Selector(String attribute, Pattern pattern) {
    this.attribute = attribute;
    this.pattern = pattern;
  }

  /** Reads {@code ATTRIBUTE=REGEX}. */
  static Selector parse(String text) throws SubscriptionException {
    String[] parts = text.split("=", 0);
    if (parts.length != 2) {
      throw invalid("Illegal client matching pattern '" + text + "': it is not ATTRIBUTE=REGEX");
    }
    String attribute = parts[0].trim();
    if (!ATTRIBUTES.contains(attribute)) {
      throw invalid(
          "Illegal client matching pattern '"
              + text
              + "': the attribute must be one of "
              + String.join(", ", ATTRIBUTES.stream().sorted().toList()));
    }
    String regex = parts[1].trim();
    if (Math.max(regex.length(), RegexSize.of(regex)) > MAX_SIZE) {
      throw invalid(
          "Illegal client matching pattern of "
              + attribute
              + ": it has more than "
              + MAX_SIZE
              + " characters, repetitions written out");
    }
    try {
      return new Selector(attribute, Pattern.compile(regex));
    } catch (PatternSyntaxException e) {
      throw invalid("Illegal client matching pattern '" + text + "': " + e.getDescription());
    }
  }

  private static SubscriptionException invalid(String why) {
    return new SubscriptionException(Errors.INVALID_CONFIG, why);
  }

  /** A later one for the same attribute stands for the earlier. */
  String attribute() {
    return attribute;
  }

  boolean matches(ClientTraits client) {
    String value = client.attribute(attribute);
    return value != null && value.length() <= MAX_VALUE && pattern.matcher(value).matches();
  }
}
