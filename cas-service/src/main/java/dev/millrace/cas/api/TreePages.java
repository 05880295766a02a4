package dev.millrace.cas.api;

import build.bazel.remote.execution.v2.Directory;
import build.bazel.remote.execution.v2.GetTreeResponse;
import dev.millrace.blobstore.BlobStore;
import dev.millrace.cas.tree.PageToken;
import dev.millrace.cas.tree.TreeWalk;
import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure.InvalidRequest;
import dev.millrace.grpc.stream.ServerStream;
import dev.millrace.instance.InstanceName;
import java.util.Optional;

/** Puts the directories of a tree into messages that are small enough for every client. */
final class TreePages {

  private static final int MAX_DIRECTORIES = 1000;
  private static final int MAX_BYTES = 3 * 1024 * 1024;

  private final BlobStore store;

  TreePages(BlobStore store) {
    this.store = store;
  }

  /**
   * What is asked for.
   *
   * @param start where to begin
   * @param pageSize most directories in a message
   */
  record Request(PageToken start, int pageSize) {
    static Request of(InstanceName instance, Digest root, int pageSize, String pageToken) {
      if (pageSize < 0) {
        throw new InvalidRequest("page_size", "must not be negative, is " + pageSize);
      }
      return new Request(
          PageToken.parse(instance, root, pageToken),
          pageSize == 0 ? MAX_DIRECTORIES : Math.min(pageSize, MAX_DIRECTORIES));
    }
  }

  void send(Request request, ServerStream<GetTreeResponse> out) {
    PageToken start = request.start();
    TreeWalk walk = new TreeWalk(store, start.instance(), start.root());
    walk.skipTo(start.position());
    GetTreeResponse.Builder page = GetTreeResponse.newBuilder();
    int bytes = 0;
    long position = walk.position();
    for (Optional<Directory> next = walk.next(); next.isPresent(); next = walk.next()) {
      int size = next.get().getSerializedSize();
      if (page.getDirectoriesCount() == request.pageSize()
          || page.getDirectoriesCount() > 0 && bytes + size > MAX_BYTES) {
        PageToken token = new PageToken(start.instance(), start.root(), position);
        out.send(page.setNextPageToken(token.toString()).build());
        page = GetTreeResponse.newBuilder();
        bytes = 0;
      }
      page.addDirectories(next.get());
      bytes += size;
      position = walk.position();
    }
    out.send(page.build());
  }
}
