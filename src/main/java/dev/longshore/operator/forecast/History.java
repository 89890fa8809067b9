package dev.longshore.operator.forecast;

import java.util.Arrays;

/**
 * A job's past in 16 to 32 blocks of about as many items each. When all are full, neighbours become one and each takes twice as many
 * items, so that the memory stays the same, under 1 KiB, however long the job is. Used by one thread at a time.
 */
final class History {
  static final int BLOCKS = 32;

  private final double[] items = new double[BLOCKS + 1];
  private final double[] busy = new double[BLOCKS + 1];
  private final double[] slotTime = new double[BLOCKS + 1];
  /** Full blocks; the one after them is being filled. */
  private int full;
  private double itemsPerBlock = 1;
  private double allItems;
  private double allBusy;

  /**
   * Blocks of the past, oldest first.
   *
   * @param items that became final
   * @param busy seconds inside the processor
   * @param slotTime seconds that slots were there, summed over them
   */
  record Blocks(double[] items, double[] busy, double[] slotTime) {
    int count() {
      return items.length;
    }
  }

  /** Adds what a sample brings: items that became final, seconds inside the processor, seconds of slots. */
  void add(double moreItems, double moreBusy, double moreSlotTime) {
    items[full] += moreItems;
    busy[full] += moreBusy;
    slotTime[full] += moreSlotTime;
    allItems += moreItems;
    allBusy += moreBusy;
    if (items[full] >= itemsPerBlock) {
      full++;
      if (full == BLOCKS) {
        halve();
      }
      items[full] = 0;
      busy[full] = 0;
      slotTime[full] = 0;
    }
  }

  private void halve() {
    for (double[] series : new double[][] {items, busy, slotTime}) {
      for (int i = 0; i < BLOCKS / 2; i++) {
        series[i] = series[2 * i] + series[2 * i + 1];
      }
    }
    full = BLOCKS / 2;
    itemsPerBlock = allItems / full;
  }

  double items() {
    return allItems;
  }

  double busy() {
    return allBusy;
  }

  /** All blocks; what has too few items for one counts with the block before. */
  Blocks blocks() {
    int count = Math.max(1, items[full] * 2 >= itemsPerBlock ? full + 1 : full);
    Blocks blocks = new Blocks(Arrays.copyOf(items, count), Arrays.copyOf(busy, count),
        Arrays.copyOf(slotTime, count));
    if (count == full) {
      blocks.items[count - 1] += items[full];
      blocks.busy[count - 1] += busy[full];
      blocks.slotTime[count - 1] += slotTime[full];
    }
    return blocks;
  }
}
