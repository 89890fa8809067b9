/**
 * The port for where items come from. {@code registry} makes a job's source, {@code inline}, {@code file} and {@code http} bring the bytes,
 * {@code format} cuts them into records.
 */
package dev.longshore.source;
