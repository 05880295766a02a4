package dev.millrace.cas.index;

import dev.millrace.digest.Digest;
import dev.millrace.instance.InstanceName;

/** A blob as the index has it. */
public record StoredBlob(InstanceName instance, Digest digest, Body body) implements ScrubTurn {}
