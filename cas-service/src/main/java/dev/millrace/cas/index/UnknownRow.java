package dev.millrace.cas.index;

import java.util.UUID;

/**
 * A row that does not say which blob it is of. It may be damaged, or be of a later version of this
 * service: it is left as it is.
 */
public record UnknownRow(UUID key, String problem) implements ScrubTurn {}
