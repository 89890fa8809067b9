package dev.longshore.job;

/** The sizes that hold for every job; beyond them is a named failure, never truncation. */
public final class Limits {
  /** Bytes of one item's JSON. */
  public static final int ITEM_BYTES = 1 << 20;
  /** Items in one chunk, and the reach of a chunk's indexes: highest minus lowest plus one. */
  public static final int CHUNK_ITEMS = 1_000;
  /** Bytes of one chunk, unpacked. */
  public static final int CHUNK_BYTES = 4 << 20;
  /** Bytes of one item's result. */
  public static final int RESULT_BYTES = 256 << 10;
  /** Bytes of an error's text; longer ones are cut and marked. */
  public static final int ERROR_BYTES = 4 << 10;
  /** Characters of an error's code; longer ones are cut and marked. */
  public static final int ERROR_CODE = 128;
  /** Bytes of all inline items together. */
  public static final int INLINE_BYTES = 512 << 10;
  /** Bytes of ConfigMap data. */
  public static final int CONFIG_MAP_BYTES = 1 << 20;
  /** How many times larger than its gzip form a chunk may be. */
  public static final int GZIP_RATIO = 200;

  private Limits() {}
}
