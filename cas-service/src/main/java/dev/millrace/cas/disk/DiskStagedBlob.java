package dev.millrace.cas.disk;

import dev.millrace.resourcename.ResourceName;
import dev.millrace.staging.StagedBlob;
import java.nio.ByteBuffer;
import java.util.List;

/** One call's right to write an upload's file, until another has it. */
final class DiskStagedBlob implements StagedBlob {

  private final DiskStagingArea area;
  private final StagedUpload upload;
  private final ResourceName.Upload name;

  DiskStagedBlob(DiskStagingArea area, StagedUpload upload, ResourceName.Upload name) {
    this.area = area;
    this.upload = upload;
    this.name = name;
  }

  ResourceName.Upload name() {
    return name;
  }

  @Override
  public long written() {
    return upload.written();
  }

  @Override
  public void write(ByteBuffer bytes) {
    write(List.of(bytes));
  }

  @Override
  public void write(List<ByteBuffer> parts) {
    upload.write(this, parts);
  }

  @Override
  public int read(long position, ByteBuffer target) {
    return upload.read(this, position, target);
  }

  @Override
  public void commit() {
    try {
      upload.commit(this);
    } finally {
      area.forgetIfOver(name, upload);
    }
  }

  @Override
  public void suspend() {
    try {
      upload.suspend(this);
    } finally {
      area.forgetIfOver(name, upload);
    }
  }

  @Override
  public void close() {
    if (upload.giveUp(this)) {
      area.forgetIfOver(name, upload);
    }
  }
}
