package dev.millrace.cas.s3;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.TimeUnit;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.client.config.ClientOverrideConfiguration;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.http.nio.netty.SdkEventLoopGroup;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.StandardRetryStrategy;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.S3AsyncClientBuilder;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** A client of the SDK on threads of its own, so that it can be closed without waiting. */
record S3Connection(S3AsyncClient client, EventLoopGroup threads) implements AutoCloseable {

  private static final int THREADS = 2;

  @SuppressWarnings("deprecation") // The SDK knows no other kind of group.
  static S3Connection open(S3Settings settings) {
    EventLoopGroup threads =
        new NioEventLoopGroup(THREADS, new DefaultThreadFactory("s3", /* daemon= */ true));
    S3AsyncClientBuilder builder =
        S3AsyncClient.builder()
            .region(Region.of(settings.service().region()))
            .forcePathStyle(settings.service().pathStyle())
            .credentialsProvider(credentials(settings))
            .overrideConfiguration(overrides(settings.limits()))
            .httpClientBuilder(
                NettyNioAsyncHttpClient.builder()
                    .eventLoopGroup(SdkEventLoopGroup.create(threads, NioSocketChannel::new))
                    .maxConcurrency(settings.limits().connections())
                    .maxPendingConnectionAcquires(10_000)
                    .connectionAcquisitionTimeout(settings.limits().attempt())
                    .connectionTimeout(settings.limits().connect())
                    .readTimeout(settings.limits().attempt())
                    .writeTimeout(settings.limits().attempt())
                    .tcpKeepAlive(true));
    settings.service().endpoint().ifPresent(builder::endpointOverride);
    return new S3Connection(builder.build(), threads);
  }

  private static AwsCredentialsProvider credentials(S3Settings settings) {
    return settings
        .credentials()
        .<AwsCredentialsProvider>map(own ->
            StaticCredentialsProvider.create(
                AwsBasicCredentials.create(own.accessKey(), own.secretKey())))
        .orElseGet(() -> DefaultCredentialsProvider.builder().build());
  }

  private static ClientOverrideConfiguration overrides(S3Settings.Limits limits) {
    return ClientOverrideConfiguration.builder()
        .apiCallTimeout(limits.call())
        .apiCallAttemptTimeout(limits.attempt())
        .retryStrategy(
            StandardRetryStrategy.builder()
                .maxAttempts(limits.attempts())
                // A budget that all calls share would let one bad minute fail calls after it.
                .circuitBreakerEnabled(false)
                .retryOnException(S3Connection::isDamagedOnItsWay)
                .build())
        .build();
  }

  /** What arrived at the service was not what was sent. */
  private static boolean isDamagedOnItsWay(Throwable failure) {
    return failure instanceof S3Exception e
        && e.awsErrorDetails() != null
        && "BadDigest".equals(e.awsErrorDetails().errorCode());
  }

  @Override
  public void close() {
    client.close();
    var unused = threads.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }
}
