package dev.millrace.architecture.broken.blobstore.second;

import org.springframework.stereotype.Component;

/** A back end that knows Spring. */
@Component
public final class SecondBlobStore {}
