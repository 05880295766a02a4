package dev.millrace.cas.backend;

import dev.millrace.blobstore.BlobStore;
import dev.millrace.digest.Digest;
import dev.millrace.instance.InstanceName;
import dev.millrace.staging.StagingArea;
import dev.millrace.testing.ManualClock;

/**
 * Where a test's service keeps blobs: a store and its staging area, both verified, as long as the
 * test lasts.
 */
public interface Backend extends AutoCloseable {

  BlobStore store();

  StagingArea staging();

  /** The clock that uploads are dated by. */
  ManualClock clock();

  /** Ends in good order and starts again, with whatever that keeps. */
  void restart();

  /**
   * Starts again with what another process would find if this one were killed now.
   *
   * @throws org.opentest4j.TestAbortedException where nothing outlives a process
   */
  void crash();

  /**
   * How many bytes of an upload a crash leaves, at least.
   *
   * @param size of the blob, which is not gathered on the heap
   * @param sent how many have arrived
   */
  default long survives(long size, long sent) {
    return sent;
  }

  /**
   * Damages one byte of what is kept of uploads.
   *
   * @throws org.opentest4j.TestAbortedException where nothing can be damaged
   */
  void damageStaged();

  /**
   * Another process on the same storage, closed before this one.
   *
   * @throws org.opentest4j.TestAbortedException where a process has its storage to itself
   */
  Backend replica();

  /**
   * Lets so much time pass, or so much else be written, that blobs nobody used since are collected.
   *
   * @param use what is done now and then meanwhile
   * @throws org.opentest4j.TestAbortedException where nothing is ever collected
   */
  void outlive(Runnable use);

  /**
   * Loses a blob, as collection may.
   *
   * @throws org.opentest4j.TestAbortedException where blobs are lost in large numbers only
   */
  void drop(InstanceName instance, Digest digest);

  @Override
  void close();
}
