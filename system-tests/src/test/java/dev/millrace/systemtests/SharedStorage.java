package dev.millrace.systemtests;

import dev.millrace.testing.TestDatabase;
import dev.millrace.testing.TestS3Server;
import java.nio.file.Path;
import java.util.List;

/**
 * A PostgreSQL and an S3 bucket that any number of blob services keep their blobs in.
 *
 * @param databaseUrl of an empty database when this is made
 * @param bucket empty when this is made
 */
record SharedStorage(String databaseUrl, TestS3Server.Bucket bucket) {

  static SharedStorage create() {
    return new SharedStorage(TestDatabase.createUrl(), TestS3Server.create());
  }

  /** What a blob service is started with to use it. */
  List<String> arguments(Path cache) {
    return List.of(
        "--millrace.cas.storage=s3",
        "--millrace.cas.s3.endpoint=" + bucket.endpoint(),
        "--millrace.cas.s3.path-style=true",
        "--millrace.cas.s3.region=" + TestS3Server.REGION,
        "--millrace.cas.s3.bucket=" + bucket.name(),
        "--millrace.cas.s3.access-key=" + TestS3Server.ACCESS_KEY,
        "--millrace.cas.s3.secret-key=" + TestS3Server.SECRET_KEY,
        "--spring.datasource.url=" + databaseUrl,
        "--spring.datasource.username=postgres",
        "--millrace.cas.cache.directory=" + cache,
        "--millrace.cas.cache.capacity=256MB");
  }
}
