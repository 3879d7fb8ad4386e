package io.millrace.record;

import java.util.Objects;
import org.apache.kafka.common.compress.Compression;

/**
 * What {@code compression.type} and the levels of a topic say: keep the producer's codec, or store
 * every batch in a given one.
 *
 * <p>Owner: immutable.
 */
public final class CompressionTarget {
  private static final CompressionTarget PRODUCER = new CompressionTarget(null, null);

  private final Codec codec;
  private final Compression compression;

  private CompressionTarget(Codec codec, Compression compression) {
    this.codec = codec;
    this.compression = compression;
  }

  /** Batches stay as the producer compressed them. */
  public static CompressionTarget producer() {
    return PRODUCER;
  }

  /** This codec at its default level. */
  public static CompressionTarget of(Codec codec) {
    return new CompressionTarget(codec, Compressions.of(codec));
  }

  /**
   * This codec at this level.
   *
   * @throws IllegalArgumentException the codec has levels, and this is none of them
   */
  public static CompressionTarget of(Codec codec, int level) {
    return new CompressionTarget(codec, Compressions.of(codec, level));
  }

  /** The codec in which a batch of codec {@code source} is to be stored. */
  public Codec codecFor(Codec source) {
    return codec == null ? source : codec;
  }

  /** null for {@link #producer()}. */
  Compression compression() {
    return compression;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CompressionTarget target
        && codec == target.codec
        && Objects.equals(compression, target.compression);
  }

  @Override
  public int hashCode() {
    return Objects.hash(codec, compression);
  }

  @Override
  public String toString() {
    return codec == null ? "producer" : compression.toString();
  }
}
