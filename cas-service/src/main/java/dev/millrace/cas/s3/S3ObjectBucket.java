package dev.millrace.cas.s3;

import dev.millrace.failure.Failure;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.model.DeletedObject;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * The objects under a prefix of a bucket. Services that cannot delete many objects in one call are
 * asked one by one.
 */
record S3ObjectBucket(S3AsyncClient client, String bucket, String prefix) implements ObjectBucket {

  /** Method not allowed, and not implemented. */
  private static final Set<Integer> UNKNOWN_CALL = Set.of(405, 501);

  @Override
  public Set<UUID> delete(Set<UUID> objects) {
    if (objects.isEmpty()) {
      return Set.of();
    }
    try {
      return deleteTogether(objects);
    } catch (Failure.Unavailable e) {
      if (e.getCause() instanceof S3Exception s3 && UNKNOWN_CALL.contains(s3.statusCode())) {
        return deleteEach(objects);
      }
      throw e;
    }
  }

  private Set<UUID> deleteTogether(Set<UUID> objects) {
    List<ObjectIdentifier> keys =
        objects.stream()
            .map(object -> ObjectIdentifier.builder().key(prefix + object).build())
            .toList();
    return S3ObjectStore.await(
            "deleted",
            client.deleteObjects(
                request -> request.bucket(bucket).delete(delete -> delete.objects(keys))))
        .deleted()
        .stream()
        .map(DeletedObject::key)
        .flatMap(key -> object(key).stream())
        .collect(Collectors.toSet());
  }

  private Set<UUID> deleteEach(Set<UUID> objects) {
    Set<UUID> gone = new HashSet<>();
    for (UUID object : objects) {
      var _ =
          S3ObjectStore.await(
              "deleted",
              client.deleteObject(request -> request.bucket(bucket).key(prefix + object)));
      gone.add(object);
    }
    return gone;
  }

  @Override
  public void list(Consumer<List<Listed>> pages) {
    @Nullable String next = null;
    do {
      String token = next;
      ListObjectsV2Response page =
          S3ObjectStore.await(
              "listed",
              client.listObjectsV2(
                  request -> request.bucket(bucket).prefix(prefix).continuationToken(token)));
      pages.accept(page.contents().stream().flatMap(found -> listed(found).stream()).toList());
      next = Boolean.TRUE.equals(page.isTruncated()) ? page.nextContinuationToken() : null;
    } while (next != null);
  }

  private Optional<Listed> listed(S3Object found) {
    return object(found.key())
        .map(object -> new Listed(object, found.lastModified(), found.size()));
  }

  private Optional<UUID> object(String key) {
    if (key.startsWith(prefix)) {
      try {
        String name = key.substring(prefix.length());
        UUID object = UUID.fromString(name);
        return object.toString().equals(name) ? Optional.of(object) : Optional.empty();
      } catch (IllegalArgumentException e) {
        // Somebody else's: it is not ours to judge.
      }
    }
    return Optional.empty();
  }
}
