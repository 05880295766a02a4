package dev.millrace.cas.upload;

import dev.millrace.failure.Failure;
import dev.millrace.resourcename.ResourceName;
import dev.millrace.staging.StagedBlob;
import dev.millrace.staging.StagingArea;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/** Has no room for any upload, but gives back those that it has. */
record FullStagingArea(StagingArea delegate) implements StagingArea {

  @Override
  public StagedBlob begin(ResourceName.Upload name) {
    throw new Failure.Exhausted("there is no room for " + name);
  }

  @Override
  public Optional<StagedBlob> resume(ResourceName.Upload name) {
    return delegate.resume(name);
  }

  @Override
  public OptionalLong kept(ResourceName.Upload name) {
    return delegate.kept(name);
  }

  @Override
  public void discard(ResourceName.Upload name) {
    delegate.discard(name);
  }

  @Override
  public int gatheringLimit() {
    return delegate.gatheringLimit();
  }

  @Override
  public int discardUntouchedSince(Instant then) {
    return delegate.discardUntouchedSince(then);
  }
}
