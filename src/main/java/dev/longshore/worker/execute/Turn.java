package dev.longshore.worker.execute;

import java.util.List;

/**
 * The right to one call; who got it gives it back.
 *
 * @param begun in nanoseconds
 * @param expected nanoseconds that the call was expected to take
 * @param beyond whether it takes none of the worker's slots, but one beyond them
 * @param charged where its time counts
 */
record Turn(Lane lane, long begun, long expected, boolean beyond, List<SlotTime> charged) {}
