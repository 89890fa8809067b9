package dev.longshore.api.v1alpha1;

/** The regular expressions of the fields' formats. */
final class Patterns {
  static final String DURATION = "^([0-9]+(ms|s|m|h))+$";
  static final String TIME = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$";
  static final String PERCENT = "^(100|[1-9]?[0-9])%$";
  static final String BYTES = "^[1-9][0-9]{0,6}(Ki|Mi)?$";
  static final String ENV_NAME = "^[A-Za-z_][A-Za-z0-9_]*$";
  static final String ENV_NAME_OR_ANY = "^(\\*|[A-Za-z_][A-Za-z0-9_]*)$";
  static final String HEADER_NAME = "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$";
  static final String URL = "^https?://[^\\s]+$";
  static final String URL_TEMPLATE = "^(https?://|\\{)[^\\s]+$";
  static final String ABSOLUTE_PATH = "^/.*$";

  /** Said of a field that takes a number or a share. */
  static final String BOUND_MESSAGE = "must be a whole number from 0, or a share from 0% to 100%";

  private Patterns() {}
}
