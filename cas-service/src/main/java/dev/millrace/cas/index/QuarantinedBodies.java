package dev.millrace.cas.index;

import dev.millrace.digest.Digest;
import java.time.Instant;
import org.springframework.jdbc.core.simple.JdbcClient.StatementSpec;

/** The table of bodies that were set aside, each with what it was the body of. */
record QuarantinedBodies(IndexDatabase database) {

  private static final String TAKE =
      """
      with body as (
        delete from cas.bodies where key = :key and %s and %s returning *
      ), blob as (
        delete from cas.blobs b using body where b.key = body.key returning b.*
      )
      insert into cas.quarantine (found_at, reason, key, instance, function, hash,
        size, content, pieces, lengths, checksums)
      select :now, :reason, key, blob.instance, blob.function, blob.hash, blob.size,
        body.content, body.pieces, body.lengths, body.checksums
      from blob join body using (key)
      """;

  /** What was found of a body, and when. */
  record Finding(Instant at, String reason) {}

  /** Takes a body out of use, if it is still the one that was found; returns whether it was. */
  boolean take(Interned instance, Digest digest, Body damaged, Finding finding) {
    return database.query(client -> {
      StatementSpec statement =
          client
              .sql(TAKE.formatted(sameBody(damaged), Interned.CURRENT))
              .param("key", BlobKey.of(instance.number(), digest))
              .param("instance", instance.number())
              .param("name", instance.nameHash())
              .param("now", BlobIndex.time(finding.at()))
              .param("reason", finding.reason());
      return identified(statement, damaged).update() > 0;
    });
  }

  /** Of content its bytes count as well: they may have been damaged after they left the row. */
  private static String sameBody(Body damaged) {
    return switch (damaged) {
      case Body.Content content ->
          "checksums = :checksums and content = :content and pieces is null";
      case Body.Pieces pieces -> "checksums = :checksums and pieces = :pieces";
      case Body.Unreadable unreadable -> "xmin::text = :version";
    };
  }

  private static StatementSpec identified(StatementSpec statement, Body damaged) {
    return switch (damaged) {
      case Body.Content(byte[] bytes, Checksums checksums) ->
          statement.param("content", bytes).param("checksums", checksums.bytes());
      case Body.Pieces pieces -> {
        PieceColumns columns = PieceColumns.of(pieces.list());
        yield statement.param("pieces", columns.objects()).param("checksums", columns.checksums());
      }
      case Body.Unreadable(String version, String _) -> statement.param("version", version);
    };
  }
}
