package dev.longshore.api.validation;

/**
 * What is wrong with one field of a manifest.
 *
 * @param field its path, as an API server writes it: {@code spec.source.items[3]}
 * @param message what is wrong, and what would be right
 */
public record Violation(String field, String message) {
  @Override
  public String toString() {
    return field + ": " + message;
  }
}
