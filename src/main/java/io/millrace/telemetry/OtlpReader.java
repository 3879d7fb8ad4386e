package io.millrace.telemetry;

import io.millrace.telemetry.Push.Point;
import io.millrace.telemetry.Series.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.shaded.com.google.protobuf.CodedInputStream;

/**
 * Reads OpenTelemetry's {@code MetricsData} (opentelemetry-proto, metrics/v1/metrics.proto), field
 * by field with protobuf's own reader, which is in Kafka's clients. The generated classes are there
 * too, but they make an object of every two bytes that somebody sends: this reads as far as the
 * limits go, and skips the rest.
 *
 * <p>Owner: whoever reads.
 */
public final class OtlpReader {
  /** Points of one push. */
  static final int MAX_POINTS = 2_000;

  /** Attributes of a point or of the client. */
  static final int MAX_ATTRIBUTES = 16;

  /** Bytes of a name or a value; topics' names have up to 249. */
  static final int MAX_TEXT = 256;

  static final int MAX_BUCKETS = 100;

  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int BYTES = 2;
  private static final int NO_RECORDED_VALUE = 1;
  private static final int DELTA = 1;

  private final CodedInputStream in;
  private final Map<String, String> resource = new HashMap<>();
  private final List<Point> points = new ArrayList<>();
  private int dropped;

  // Of the metric that is being read; it can come behind its points.
  private String metric;
  private final List<RawPoint> raw = new ArrayList<>();

  private OtlpReader(InputStream in) {
    this.in = CodedInputStream.newInstance(in);
  }

  /** Reads one field whose tag was read; false = it is to be skipped. */
  private interface Fields {
    boolean read(int tag) throws IOException;
  }

  /** A point before it is known how its metric adds up. */
  private record RawPoint(Map<String, String> attributes, Kind kind, boolean delta, Reading of) {}

  /**
   * Reads to the end.
   *
   * @throws IOException if it is no such message, or as the stream does
   */
  public static Push read(InputStream bytes) throws IOException {
    OtlpReader reader = new OtlpReader(bytes);
    reader.fields(
        tag ->
            tag == tag(1, BYTES)
                && reader.message(
                    inner -> {
                      if (inner == tag(1, BYTES)) {
                        return reader.message(reader::resource);
                      }
                      return inner == tag(2, BYTES) && reader.message(reader::scope);
                    }));
    return new Push(Map.copyOf(reader.resource), List.copyOf(reader.points), reader.dropped);
  }

  private static int tag(int field, int wireType) {
    return field << 3 | wireType;
  }

  private void fields(Fields fields) throws IOException {
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      if (!fields.read(tag) && !in.skipField(tag)) {
        throw new IOException("a group ends that did not begin");
      }
    }
  }

  /** Reads a message inside of another; always true. */
  private boolean message(Fields fields) throws IOException {
    int outer = in.pushLimit(in.readRawVarint32());
    fields(fields);
    if (in.getBytesUntilLimit() != 0) {
      throw new IOException("the message ends too early");
    }
    in.popLimit(outer);
    return true;
  }

  private boolean resource(int tag) throws IOException {
    // What is too much of the client itself is left out.
    return tag == tag(1, BYTES) && attribute(resource, () -> {});
  }

  private boolean scope(int tag) throws IOException {
    if (tag != tag(2, BYTES)) {
      return false;
    }
    metric = "";
    raw.clear();
    message(this::metric);
    for (RawPoint point : raw) {
      if (metric == null || metric.isEmpty()) {
        dropped++;
      } else {
        points.add(
            new Point(
                new Series.Id(metric, point.attributes()),
                point.kind(),
                point.delta(),
                point.of()));
      }
    }
    return true;
  }

  private boolean metric(int tag) throws IOException {
    if (tag == tag(1, BYTES)) {
      metric = text();
      return true;
    }
    if (tag == tag(5, BYTES)) {
      return message(inner -> inner == tag(1, BYTES) && number(Kind.GAUGE));
    }
    if (tag == tag(7, BYTES)) {
      return sum();
    }
    if (tag == tag(9, BYTES)) {
      return histogram();
    }
    if (tag == tag(10, BYTES) || tag == tag(11, BYTES)) {
      // Exponential histograms and summaries: no client of Kafka has them.
      dropped++;
    }
    return false;
  }

  private boolean sum() throws IOException {
    int first = raw.size();
    boolean[] is = new boolean[2];
    message(
        inner -> {
          if (inner == tag(1, BYTES)) {
            return number(Kind.COUNTER);
          }
          if (inner == tag(2, VARINT)) {
            is[0] = in.readRawVarint32() == DELTA;
            return true;
          }
          if (inner == tag(3, VARINT)) {
            is[1] = in.readBool();
            return true;
          }
          return false;
        });
    settle(first, is[1] ? Kind.COUNTER : Kind.GAUGE, is[0]);
    return true;
  }

  private boolean histogram() throws IOException {
    int first = raw.size();
    boolean[] delta = new boolean[1];
    message(
        inner -> {
          if (inner == tag(1, BYTES)) {
            return bucketed();
          }
          if (inner == tag(2, VARINT)) {
            delta[0] = in.readRawVarint32() == DELTA;
            return true;
          }
          return false;
        });
    settle(first, Kind.HISTOGRAM, delta[0]);
    return true;
  }

  /** Now it is known what the points from the first on are. */
  private void settle(int first, Kind kind, boolean delta) {
    for (int i = first; i < raw.size(); i++) {
      RawPoint point = raw.get(i);
      raw.set(i, new RawPoint(point.attributes(), kind, delta, point.of()));
    }
  }

  private boolean hasRoom() {
    return points.size() + raw.size() < MAX_POINTS;
  }

  /** Reads a NumberDataPoint. */
  private boolean number(Kind kind) throws IOException {
    if (!hasRoom()) {
      dropped++;
      return false;
    }
    PointFields point = new PointFields();
    message(
        tag -> {
          if (tag == tag(7, BYTES)) {
            return point.attribute();
          }
          if (tag == tag(4, FIXED64)) {
            point.value = in.readDouble();
            point.hasValue = true;
            return true;
          }
          if (tag == tag(6, FIXED64)) {
            point.value = in.readSFixed64();
            point.hasValue = true;
            return true;
          }
          if (tag == tag(8, VARINT)) {
            point.flags = in.readRawVarint32();
            return true;
          }
          return false;
        });
    if (point.isComplete() && point.hasValue) {
      raw.add(new RawPoint(point.attributes, kind, false, Reading.of(point.value)));
    }
    return true;
  }

  /** Reads a HistogramDataPoint. */
  private boolean bucketed() throws IOException {
    if (!hasRoom()) {
      dropped++;
      return false;
    }
    PointFields point = new PointFields();
    List<Double> bounds = new ArrayList<>();
    List<Long> buckets = new ArrayList<>();
    message(
        tag -> {
          switch (tag >>> 3) {
            case 9 -> {
              return tag == tag(9, BYTES) && point.attribute();
            }
            case 4 -> {
              point.count = tag == tag(4, FIXED64) ? in.readFixed64() : 0;
              return tag == tag(4, FIXED64);
            }
            case 5 -> {
              point.value = tag == tag(5, FIXED64) ? in.readDouble() : 0;
              return tag == tag(5, FIXED64);
            }
            case 6 -> {
              return eachFixed64(tag, () -> add(buckets, in.readFixed64(), point));
            }
            case 7 -> {
              return eachFixed64(tag, () -> add(bounds, in.readDouble(), point));
            }
            case 10 -> {
              point.flags = tag == tag(10, VARINT) ? in.readRawVarint32() : 0;
              return tag == tag(10, VARINT);
            }
            default -> {
              return false;
            }
          }
        });
    boolean plain = bounds.isEmpty() && buckets.isEmpty();
    if (!plain && buckets.size() != bounds.size() + 1) {
      point.tooMuch = true;
    }
    if (point.isComplete()) {
      raw.add(
          new RawPoint(
              point.attributes,
              Kind.HISTOGRAM,
              false,
              new Reading(
                  point.value,
                  point.count,
                  bounds.stream().mapToDouble(Double::doubleValue).toArray(),
                  plain
                      ? new long[] {point.count}
                      : buckets.stream().mapToLong(Long::longValue).toArray())));
    }
    return true;
  }

  private interface Item {
    void read() throws IOException;
  }

  /** Reads a repeated field of eight bytes each, packed or not. */
  private boolean eachFixed64(int tag, Item item) throws IOException {
    if ((tag & 7) == FIXED64) {
      item.read();
      return true;
    }
    if ((tag & 7) != BYTES) {
      return false;
    }
    int outer = in.pushLimit(in.readRawVarint32());
    while (in.getBytesUntilLimit() > 0) {
      item.read();
    }
    in.popLimit(outer);
    return true;
  }

  private static <T> void add(List<T> list, T item, PointFields point) {
    if (list.size() > MAX_BUCKETS) {
      point.tooMuch = true;
    } else {
      list.add(item);
    }
  }

  /** What has been read of a point. */
  private final class PointFields {
    private final Map<String, String> attributes = new HashMap<>();
    private double value;
    private long count;
    private boolean hasValue;
    private int flags;
    private boolean tooMuch;

    boolean attribute() throws IOException {
      return OtlpReader.this.attribute(attributes, () -> tooMuch = true);
    }

    /** Whether it is to be kept; if it is too much, it is counted. */
    boolean isComplete() {
      dropped += tooMuch ? 1 : 0;
      return !tooMuch && (flags & NO_RECORDED_VALUE) == 0;
    }
  }

  /** A KeyValue; null = absent, or not of a kind that is a text. */
  private static final class Attribute {
    private String key;
    private String value;
    private boolean tooLong;
  }

  /** Reads a KeyValue, or does not when there are too many. */
  private boolean attribute(Map<String, String> into, Runnable onTooMuch) throws IOException {
    if (into.size() >= MAX_ATTRIBUTES) {
      onTooMuch.run();
      return false;
    }
    Attribute read = new Attribute();
    message(
        tag -> {
          if (tag == tag(1, BYTES)) {
            read.key = text();
            read.tooLong |= read.key == null;
            return true;
          }
          return tag == tag(2, BYTES) && message(inner -> value(inner, read));
        });
    if (read.tooLong) {
      onTooMuch.run();
    } else if (read.key != null && read.value != null) {
      into.put(read.key, read.value);
    }
    return true;
  }

  private boolean value(int tag, Attribute read) throws IOException {
    switch (tag) {
      case 1 << 3 | BYTES -> {
        read.value = text();
        read.tooLong |= read.value == null;
      }
      case 2 << 3 | VARINT -> read.value = Boolean.toString(in.readBool());
      case 3 << 3 | VARINT -> read.value = Long.toString(in.readRawVarint64());
      case 4 << 3 | FIXED64 -> read.value = Double.toString(in.readDouble());
      default -> {
        return false;
      }
    }
    return true;
  }

  /** null = it is too long. */
  private String text() throws IOException {
    int length = in.readRawVarint32();
    if (length < 0) {
      throw new IOException("a text of negative length");
    }
    if (length > MAX_TEXT) {
      in.skipRawBytes(length);
      return null;
    }
    return new String(in.readRawBytes(length), StandardCharsets.UTF_8);
  }
}
