package dev.longshore.rest;

import java.util.function.Consumer;

/** Takes the first elements of a stream that only pushes, and then ends it from within. */
final class FirstOnes {
  private FirstOnes() {}

  /** Runs {@code stream} until it ends, or {@code action} has had {@code limit} elements; a null limit takes all. */
  static <T> void of(Long limit, Consumer<T> action, Consumer<Consumer<T>> stream) {
    if (limit == null) {
      stream.accept(action);
      return;
    }
    Enough enough = new Enough();
    long[] had = {0};
    try {
      stream.accept(element -> {
        action.accept(element);
        if (++had[0] == limit) {
          throw enough;
        }
      });
    } catch (Enough e) {
      if (e != enough) {
        throw e;
      }
    }
  }

  private static final class Enough extends RuntimeException {
    Enough() {
      super("the limit is reached", null, false, false);
    }
  }
}
