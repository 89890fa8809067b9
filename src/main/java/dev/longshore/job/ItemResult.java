package dev.longshore.job;

/**
 * The end of one item, as exported.
 *
 * @param attempts how many attempts it took
 * @param item its JSON; null when the job does not keep items with results
 * @param result its JSON; null when there is none
 * @param failure why it failed, or was skipped (code {@code Skipped}); null when it succeeded
 */
public record ItemResult(long index, Status status, int attempts, byte[] item, byte[] result, Failure failure) {
  /** How an item can end; {@link #word} is its name in exports. */
  public enum Status {
    SUCCEEDED, FAILED, SKIPPED, CANCELLED;

    public String word() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }
}
