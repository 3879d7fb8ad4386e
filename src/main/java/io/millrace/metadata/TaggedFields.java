package io.millrace.metadata;

import java.util.Map;
import java.util.TreeMap;

/**
 * The tagged fields at the end of a record, by tag.
 *
 * <p>Owner: whoever made it.
 */
final class TaggedFields {
  private final Map<Integer, FieldWriter> fields = new TreeMap<>();

  /** The writer of a field's value. */
  FieldWriter add(int tag) {
    FieldWriter value = new FieldWriter();
    fields.put(tag, value);
    return value;
  }

  void writeTo(FieldWriter out) {
    out.varint(fields.size());
    fields.forEach(
        (tag, value) -> {
          byte[] bytes = value.toBytes();
          out.varint(tag);
          out.varint(bytes.length);
          out.raw(bytes);
        });
  }

  /** Says that there are none. */
  static void none(FieldWriter out) {
    out.varint(0);
  }

  /** Reads over the fields behind a record of which none is known. */
  static MetadataRecord skip(FieldReader in, MetadataRecord record) {
    read(in);
    return record;
  }

  /** The values of all fields; those of unknown tags are for nobody. */
  static Map<Integer, FieldReader> read(FieldReader in) {
    int count = in.count();
    if (count == 0) {
      return Map.of();
    }
    Map<Integer, FieldReader> values = new TreeMap<>();
    for (int i = 0; i < count; i++) {
      int tag = in.count();
      values.put(tag, in.slice(in.count()));
    }
    return values;
  }
}
