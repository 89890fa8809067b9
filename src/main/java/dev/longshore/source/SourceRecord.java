package dev.longshore.source;

/** One record of a source; each has an index, the malformed ones too. */
public sealed interface SourceRecord {
  /**
   * A good one.
   *
   * @param json one JSON value in UTF-8 without line breaks, at most {@link dev.longshore.job.Limits#ITEM_BYTES}
   */
  record Value(byte[] json) implements SourceRecord {}

  /**
   * One that cannot be read.
   *
   * @param place for people, from 1: {@code line 17, column 5}
   * @param reason what is wrong with it
   * @param raw its beginning, as a JSON string, at most 1 KiB
   */
  record Malformed(String place, String reason, byte[] raw) implements SourceRecord {}
}
