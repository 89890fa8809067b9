package dev.longshore.source.http;

import java.net.http.HttpHeaders;
import java.util.Optional;

/**
 * What a representation looked like.
 *
 * @param validator a strong ETag, else the time of change with the length, else (see {@link #hashed}) nothing to tell it by but its bytes
 * @param packed whether positions count bytes after unpacking, so that the server cannot jump there
 */
record HttpPin(String validator, boolean packed) {
  private static final String ETAG = "etag=";
  private static final String MODIFIED = "modified=";
  private static final String LENGTH = " length=";
  private static final String HASH = "hash";
  private static final String PACKED = " packed";

  /** Reads it off an answer to a request for the whole, or for a part. */
  static HttpPin of(HttpHeaders headers, boolean packed) {
    Optional<String> etag = headers.firstValue("ETag").filter(tag -> !tag.startsWith("W/"));
    if (etag.isPresent()) {
      return new HttpPin(ETAG + etag.get(), packed);
    }
    Optional<String> length = headers.firstValue("Content-Range").map(range -> range.substring(range.indexOf('/') + 1))
        .or(() -> headers.firstValue("Content-Length"));
    Optional<String> modified = headers.firstValue("Last-Modified");
    if (modified.isPresent() && length.isPresent()) {
      return new HttpPin(MODIFIED + modified.get() + LENGTH + length.get(), packed);
    }
    return new HttpPin(HASH, packed);
  }

  static HttpPin parse(String text) {
    boolean packed = text.endsWith(PACKED);
    return new HttpPin(packed ? text.substring(0, text.length() - PACKED.length()) : text, packed);
  }

  String text() {
    return packed ? validator + PACKED : validator;
  }

  /** Whether only the bytes themselves tell whether it changed. */
  boolean hashed() {
    return validator.equals(HASH);
  }

  /** What the server compares before it sends a part; empty when a part is no use. */
  Optional<String> ifRange() {
    if (packed || hashed()) {
      return Optional.empty();
    }
    return Optional.of(validator.startsWith(ETAG) ? validator.substring(ETAG.length())
        : validator.substring(MODIFIED.length(), validator.lastIndexOf(LENGTH)));
  }

  /** Whether it is the same thing, packed or not. */
  boolean matches(HttpPin other) {
    return validator.equals(other.validator);
  }
}
