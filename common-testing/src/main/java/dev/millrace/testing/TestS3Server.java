package dev.millrace.testing;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.nio2blob.FilesystemNio2BlobStore;

/**
 * An S3 server over plain files, started once per test JVM; every caller gets an empty bucket of
 * its own. It checks signatures and checksums as others do.
 */
public final class TestS3Server {

  public static final String REGION = "us-east-1";
  public static final String ACCESS_KEY = "test-access-key";
  public static final String SECRET_KEY = "test-secret-key";

  private static final AtomicInteger NUMBER = new AtomicInteger();

  private TestS3Server() {}

  /**
   * A bucket.
   *
   * @param endpoint of the server, to be used with path-style addresses
   * @param directory where the bucket's objects are, a file each, to look at and to damage
   */
  public record Bucket(URI endpoint, String name, Path directory) {}

  private record Server(URI endpoint, Path root) {
    static final Server RUNNING = start();

    private static Server start() {
      try {
        Path root = Files.createTempDirectory("millrace-s3");
        S3Proxy proxy =
            S3Proxy.builder()
                .blobStore(new FilesystemNio2BlobStore(root.toString()))
                .endpoint(URI.create("http://127.0.0.1:0"))
                .awsAuthentication(AuthenticationType.AWS_V4, ACCESS_KEY, SECRET_KEY)
                .build();
        proxy.start();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(proxy, root)));
        return new Server(URI.create("http://127.0.0.1:" + proxy.getPort()), root);
      } catch (Exception e) {
        throw new IllegalStateException("the S3 server for tests does not start", e);
      }
    }

    private static void stop(S3Proxy proxy, Path root) {
      try {
        proxy.stop();
        try (var files = Files.walk(root)) {
          for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
            Files.deleteIfExists(file);
          }
        }
      } catch (Exception e) {
        System.err.println("The S3 server for tests did not end cleanly: " + e);
      }
    }
  }

  /** A new and empty bucket. */
  public static Bucket create() {
    String name = "bucket-" + NUMBER.incrementAndGet();
    Path directory = Server.RUNNING.root().resolve(name);
    try {
      Files.createDirectory(directory);
    } catch (IOException e) {
      throw new IllegalStateException("cannot create bucket " + name, e);
    }
    return new Bucket(Server.RUNNING.endpoint(), name, directory);
  }
}
