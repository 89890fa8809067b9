package dev.longshore.store;

import dev.longshore.job.IndexSet;
import dev.longshore.job.ItemCounts;
import java.util.List;

/**
 * All that can be checked against all else, counted anew from the bitmaps and entries themselves.
 *
 * @param counts as {@link Ledger#read} gives them
 * @param finalBits indexes marked final
 * @param notSucceededBits indexes marked final and not succeeded
 * @param leasedItems items under a lease, alive or not
 * @param retryEntries items with a retry entry
 * @param resultItems items of which a result is kept and counts; -1 when the job keeps none
 * @param missing not final, not marked to be fed again, without a lease of a live holder, and without a retry entry that is younger than its
 *     due time plus 60 s; the lowest ranges, at most 1,000
 * @param violations what is wrong, each a sentence with its numbers; empty when the account is sound
 */
public record AuditReading(ItemCounts counts, long finalBits, long notSucceededBits, long leasedItems, long retryEntries, long resultItems,
    IndexSet missing, List<String> violations) {}
