package dev.longshore.job;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.PrimitiveIterator;
import java.util.function.LongConsumer;
import java.util.function.LongPredicate;
import java.util.stream.LongStream;

/**
 * An immutable set of item indexes, kept as sorted ranges that neither touch nor overlap. Its text form, used in messages, status and
 * options, is that of a Kubernetes indexed Job: {@code 1,3-5,7}.
 */
public final class IndexSet {
  /** The highest index: the last whole number that JSON and Redis' scripts hold exactly, 2^53 - 1. */
  static final long MAX = (1L << 53) - 1;

  private static final IndexSet EMPTY = new IndexSet(new long[0]);

  /** first, last (inclusive), first, last, ... */
  private final long[] bounds;

  private IndexSet(long[] bounds) {
    this.bounds = bounds;
  }

  /** A run of neighbouring indexes, both ends included. */
  public record Range(long first, long last) {
    public Range {
      if (first < 0 || last < first || last > MAX) {
        throw new IllegalArgumentException("not a range of indexes: " + first + "-" + last);
      }
    }

    public long size() {
      return last - first + 1;
    }
  }

  public static IndexSet empty() {
    return EMPTY;
  }

  /** The indexes {@code first} to {@code last}, both included. */
  public static IndexSet range(long first, long last) {
    Range checked = new Range(first, last);
    return new IndexSet(new long[] {checked.first(), checked.last()});
  }

  /** The given indexes, in any order; doubles count once. */
  public static IndexSet of(long... indexes) {
    long[] sorted = indexes.clone();
    Arrays.sort(sorted);
    Builder builder = new Builder();
    for (long index : sorted) {
      builder.add(index);
    }
    return builder.build();
  }

  /** The indexes of all ranges, which may come in any order, touch and overlap. */
  public static IndexSet ofRanges(Collection<Range> ranges) {
    List<Range> sorted = new ArrayList<>(ranges);
    sorted.sort(Comparator.comparingLong(Range::first));
    Builder builder = new Builder();
    sorted.forEach(r -> builder.add(r.first(), r.last()));
    return builder.build();
  }

  /** Reads {@code 1,3-5,7}; an empty text is the empty set. Throws {@link IllegalArgumentException} that quotes the part that is wrong. */
  public static IndexSet parse(String text) {
    if (text.isBlank()) {
      return EMPTY;
    }
    List<Range> ranges = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      String trimmed = part.trim();
      int dash = trimmed.indexOf('-');
      try {
        long first = Long.parseLong(dash < 0 ? trimmed : trimmed.substring(0, dash));
        long last = dash < 0 ? first : Long.parseLong(trimmed.substring(dash + 1));
        ranges.add(new Range(first, last));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("'" + trimmed + "' is neither an index nor a range such as 3-5, up to " + MAX);
      }
    }
    return ofRanges(ranges);
  }

  public boolean isEmpty() {
    return bounds.length == 0;
  }

  /** How many indexes the set holds. */
  public long size() {
    long size = 0;
    for (int i = 0; i < bounds.length; i += 2) {
      size += bounds[i + 1] - bounds[i] + 1;
    }
    return size;
  }

  /** The lowest index; fails on the empty set. */
  public long first() {
    return bounds[0];
  }

  /** The highest index; fails on the empty set. */
  public long last() {
    return bounds[bounds.length - 1];
  }

  /** How far it reaches: highest minus lowest plus one; 0 when empty. */
  public long span() {
    return isEmpty() ? 0 : last() - first() + 1;
  }

  public int rangeCount() {
    return bounds.length / 2;
  }

  public List<Range> ranges() {
    List<Range> ranges = new ArrayList<>(bounds.length / 2);
    for (int i = 0; i < bounds.length; i += 2) {
      ranges.add(new Range(bounds[i], bounds[i + 1]));
    }
    return ranges;
  }

  public boolean contains(long index) {
    int at = Arrays.binarySearch(bounds, index);
    return at >= 0 || (-at - 1) % 2 == 1;
  }

  public void forEach(LongConsumer action) {
    for (int i = 0; i < bounds.length; i += 2) {
      for (long index = bounds[i]; index <= bounds[i + 1]; index++) {
        action.accept(index);
      }
    }
  }

  public LongStream stream() {
    LongStream all = LongStream.empty();
    for (int i = 0; i < bounds.length; i += 2) {
      all = LongStream.concat(all, LongStream.rangeClosed(bounds[i], bounds[i + 1]));
    }
    return all;
  }

  public PrimitiveIterator.OfLong iterator() {
    return stream().iterator();
  }

  public IndexSet filter(LongPredicate keep) {
    Builder builder = new Builder();
    forEach(index -> {
      if (keep.test(index)) {
        builder.add(index);
      }
    });
    return builder.build();
  }

  public IndexSet minus(IndexSet other) {
    return other.isEmpty() ? this : filter(index -> !other.contains(index));
  }

  public IndexSet plus(IndexSet other) {
    List<Range> all = new ArrayList<>(ranges());
    all.addAll(other.ranges());
    return ofRanges(all);
  }

  /** The first {@code max} ranges at most; the same set when it has no more. */
  public IndexSet limitRanges(int max) {
    return rangeCount() <= max ? this : new IndexSet(Arrays.copyOf(bounds, max * 2));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof IndexSet that && Arrays.equals(bounds, that.bounds);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bounds);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < bounds.length; i += 2) {
      if (i > 0) {
        text.append(',');
      }
      text.append(bounds[i]);
      if (bounds[i + 1] != bounds[i]) {
        text.append('-').append(bounds[i + 1]);
      }
    }
    return text.toString();
  }

  /** Builds a set from indexes or ranges added in ascending order of their first index. */
  public static final class Builder {
    private long[] bounds = new long[8];
    private int length;

    public Builder add(long index) {
      return add(index, index);
    }

    public Builder add(long first, long last) {
      if (first < 0 || last < first || (length > 0 && first < bounds[length - 2])) {
        throw new IllegalArgumentException("not ascending: " + first + "-" + last);
      }
      if (length > 0 && first <= bounds[length - 1] + 1) {
        bounds[length - 1] = Math.max(bounds[length - 1], last);
        return this;
      }
      if (length == bounds.length) {
        bounds = Arrays.copyOf(bounds, length * 2);
      }
      bounds[length++] = first;
      bounds[length++] = last;
      return this;
    }

    public IndexSet build() {
      return length == 0 ? EMPTY : new IndexSet(Arrays.copyOf(bounds, length));
    }
  }
}
