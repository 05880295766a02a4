package dev.millrace.cas.disk;

/**
 * What a blob is found by: SHA-256 of its instance and whole digest. As long as the hash that is in
 * most digests, so that two blobs never share one.
 */
record Fingerprint(long a, long b, long c, long d) {}
