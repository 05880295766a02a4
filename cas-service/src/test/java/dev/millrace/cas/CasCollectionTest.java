package dev.millrace.cas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.blobstore.BlobStore;
import dev.millrace.blobstore.Blobs;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.instance.InstanceName;
import dev.millrace.testing.RandomBlobs;
import dev.millrace.testing.TestDatabase;
import dev.millrace.testing.TestS3Server;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Collection as an operator sees it: settings, the endpoint, what is left in database and bucket.
 */
final class CasCollectionTest {

  private static final InstanceName TEAM = new InstanceName("team/project");

  private final RandomBlobs random = RandomBlobs.seeded();
  private final String database = TestDatabase.createUrl();
  private final TestS3Server.Bucket bucket = TestS3Server.create();

  @Test
  void anOperatorSeesWhatWouldGoAndLetsItGo() throws Exception {
    try (ConfigurableApplicationContext service =
            start(
                "--millrace.cas.collection.high-watermark=1MB",
                "--millrace.cas.collection.quotas[team]=100KB",
                "--millrace.cas.collection.condemned-for=0s");
        HttpClient http = HttpClient.newHttpClient()) {
      JdbcClient sql = JdbcClient.create(service.getBean(DataSource.class));
      BlobStore store = service.getBean(BlobStore.class);
      Digest old = Blobs.write(store, TEAM, DigestFunction.SHA256, random.next(60_000));
      sql.sql("update cas.blobs set last_used = ?")
          .param(OffsetDateTime.parse("2026-01-01T00:00:00Z"))
          .update();
      Digest recent = Blobs.write(store, TEAM, DigestFunction.SHA256, random.next(70_000));

      assertThat(get(http, service).body()).contains("\"last\":null", "\"dryRun\":false");
      String rehearsed = post(http, service, "{\"dry\":true}").body();
      assertThat(rehearsed)
          .contains("\"dry\":true", "\"condemned\":{\"team/project\":{\"blobs\":1,\"bytes\":");
      assertThat(condemned(sql)).isZero();

      post(http, service, "{}");
      assertThat(condemned(sql)).isEqualTo(1);
      String deleting = post(http, service, "{\"dry\":false}").body();
      assertThat(deleting).contains("\"deleted\":{\"team/project\":{\"blobs\":1,\"bytes\":60000}}");
      assertThat(store.findMissing(TEAM, Set.of(old, recent))).containsExactly(old);
      assertThat(get(http, service).body()).contains("\"spared\":0", "\"blobs\":1");
      assertThat(
              send(http, HttpRequest.newBuilder(uri(service, "metrics/millrace.cas.stored.bytes")))
                  .body())
          .contains("70000");
    }
  }

  @Test
  void settingsThatMakeNoSenseAreRefused() {
    assertThatThrownBy(() -> start("--millrace.cas.collection.low-watermark=1MB").close())
        .rootCause()
        .hasMessageContaining("low-watermark");
    assertThatThrownBy(() -> start("--millrace.cas.index.retention=1h").close())
        .rootCause()
        .hasMessageContaining("retention");
    assertThatThrownBy(() ->
            start(
                    "--millrace.cas.collection.low-watermark=2MB",
                    "--millrace.cas.collection.high-watermark=1MB")
                .close())
        .hasStackTraceContaining("low (2097152) between 0 and high (1048576)");
  }

  private static int condemned(JdbcClient sql) {
    return sql.sql("select count(*) from cas.blobs where condemned_at is not null")
        .query(Integer.class)
        .single();
  }

  private static HttpResponse<String> get(HttpClient http, ConfigurableApplicationContext service)
      throws Exception {
    return send(http, HttpRequest.newBuilder(uri(service, "collection")));
  }

  private static HttpResponse<String> post(
      HttpClient http, ConfigurableApplicationContext service, String body) throws Exception {
    return send(
        http,
        HttpRequest.newBuilder(uri(service, "collection"))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body)));
  }

  private static HttpResponse<String> send(HttpClient http, HttpRequest.Builder request)
      throws Exception {
    HttpResponse<String> answer = http.send(request.build(), BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return answer;
  }

  private static URI uri(ConfigurableApplicationContext service, String endpoint) {
    return URI.create(
        "http://127.0.0.1:%s/actuator/%s"
            .formatted(service.getEnvironment().getProperty("local.server.port"), endpoint));
  }

  private ConfigurableApplicationContext start(String... settings) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "--millrace.cas.storage=s3",
                "--spring.datasource.url=" + database,
                "--spring.datasource.username=postgres",
                "--spring.datasource.hikari.maximum-pool-size=8",
                "--millrace.cas.s3.endpoint=" + bucket.endpoint(),
                "--millrace.cas.s3.path-style=true",
                "--millrace.cas.s3.bucket=" + bucket.name(),
                "--millrace.cas.s3.access-key=" + TestS3Server.ACCESS_KEY,
                "--millrace.cas.s3.secret-key=" + TestS3Server.SECRET_KEY,
                "--spring.grpc.server.port=0",
                "--server.port=0",
                "--spring.main.banner-mode=off"));
    all.addAll(List.of(settings));
    return new SpringApplicationBuilder(CasApplication.class).run(all.toArray(String[]::new));
  }
}
