package dev.millrace.cas.index;

/** A row of the index whose turn it is to be looked at. */
public sealed interface ScrubTurn permits StoredBlob, UnknownRow {}
