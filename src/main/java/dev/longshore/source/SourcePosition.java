package dev.longshore.source;

/**
 * A place in a source, as kept in the ledger.
 *
 * @param index the index of the next record
 * @param pin what the source looked like when it was first read (size and time, ETag, hash); a reader that finds it different throws
 * @param at the reader's own note of the place, opaque to all others
 */
public record SourcePosition(long index, String pin, String at) {}
