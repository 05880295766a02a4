package dev.millrace.cas.index;

/**
 * The blobs of one instance and one age, in a part of the table.
 *
 * @param instance its number
 * @param age how many of the bounds that were asked for lie at or before the last use: 0 is the
 *     oldest, the number of bounds is too recent
 * @param condemned whether these are condemned already
 */
public record Usage(int instance, int age, boolean condemned, Tally tally) {}
