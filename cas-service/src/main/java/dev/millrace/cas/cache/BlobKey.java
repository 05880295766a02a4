package dev.millrace.cas.cache;

import dev.millrace.digest.Digest;
import dev.millrace.instance.InstanceName;

/** A blob of an instance: what is fetched once, and what another instance has no part in. */
record BlobKey(InstanceName instance, Digest digest) {}
