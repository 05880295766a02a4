package dev.millrace.cas.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.millrace.blobstore.BlobReader;
import dev.millrace.blobstore.Blobs;
import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.failure.Failure;
import dev.millrace.instance.InstanceName;
import dev.millrace.resourcename.Compressor;
import dev.millrace.resourcename.ResourceName;
import dev.millrace.staging.StagedBlob;
import dev.millrace.testing.ManualClock;
import dev.millrace.testing.RandomBlobs;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the disk's staging area promises beyond the contract: one copy, bounds, restarts. */
final class DiskStagingAreaTest {

  private static final int MIB = 1024 * 1024;
  private static final InstanceName INSTANCE = new InstanceName("team");

  private final RandomBlobs random = RandomBlobs.seeded();
  private final ManualClock clock = ManualClock.standing();
  @TempDir Path directory;
  private DiskBlobStore store;
  private DiskStagingArea area;

  /** Four MiB may be claimed at a time. */
  @BeforeEach
  void open() {
    store =
        DiskBlobStore.open(
            DiskProperties.of(directory, 16 * MIB).withBlockBytes(MIB).withIndexEntries(1 << 12));
    area = DiskStagingArea.open(store, clock);
  }

  @AfterEach
  void close() {
    area.close();
    store.close();
  }

  @Test
  void theFileOfALargeUploadBecomesABlock() throws IOException {
    ByteString blob = random.next(2 * MIB);
    ResourceName.Upload name = name(blob);
    try (StagedBlob staged = area.begin(name)) {
      write(staged, blob);
      Object file = fileKey(only("staged"));
      staged.commit();
      assertThat(fileKey(only("blocks"))).isEqualTo(file);
    }
    assertThat(files("staged")).isEmpty();
    assertThat(read(blob)).isEqualTo(blob);
    assertThat(Files.size(only("blocks"))).isEqualTo(StagedUpload.footprint(2 * MIB));
  }

  @Test
  void whatIsBetterGatheredEndsWhereAFileBecomesABlock() throws IOException {
    int limit = area.gatheringLimit();
    for (int size : List.of(limit, limit + 1)) {
      ByteString blob = random.next(size);
      try (StagedBlob staged = area.begin(name(blob))) {
        write(staged, blob);
        Object file = fileKey(only("staged"));
        staged.commit();
        boolean adopted = false;
        for (Path block : files("blocks")) {
          adopted |= fileKey(block).equals(file);
        }
        assertThat(adopted).isEqualTo(size > limit);
      }
    }
  }

  @Test
  void noMoreThanAMebibyteIsBetterGathered(@TempDir Path other) {
    try (DiskBlobStore usual =
            DiskBlobStore.open(DiskProperties.of(other, 1L << 30).withIndexEntries(1 << 12));
        DiskStagingArea roomy = DiskStagingArea.open(usual, clock)) {
      assertThat(roomy.gatheringLimit()).isEqualTo(MIB);
    }
  }

  @Test
  void smallerUploadsShareABlock() throws IOException {
    for (int i = 0; i < 5; i++) {
      upload(random.next(100_000));
    }
    assertThat(files("blocks")).hasSize(1);
    assertThat(files("staged")).isEmpty();
  }

  @Test
  void anAdoptedBlobSurvivesRestartsAndIsDroppedInItsTurn() {
    ByteString blob = random.next(2 * MIB);
    upload(blob);
    restart();
    assertThat(read(blob)).isEqualTo(blob);
    for (int i = 0; i < 12; i++) {
      upload(random.next(2 * MIB));
    }
    assertThat(store.findMissing(INSTANCE, Set.of(digest(blob)))).isNotEmpty();
    assertThat(store.footprint()).isLessThanOrEqualTo(16 * MIB);
  }

  @Test
  void anAdoptedBlobThatIsUsedStays() {
    ByteString used = random.next(2 * MIB);
    upload(used);
    for (int i = 0; i < 20; i++) {
      upload(random.next(MIB + MIB / 2));
      assertThat(store.findMissing(INSTANCE, Set.of(digest(used)))).as("after %d", i).isEmpty();
    }
    assertThat(read(used)).isEqualTo(used);
    assertThat(store.refreshed()).isPositive();
  }

  @Test
  void blobsThatAreUsedStayWhileUploadsTakeTheirRoom() {
    ByteString used = random.next(500_000);
    Blobs.write(store, INSTANCE, digest(used), used);
    for (int i = 0; i < 20; i++) {
      ByteString large = random.next(4 * MIB - 1000);
      try (StagedBlob staged = area.begin(name(large))) {
        write(staged, large);
        assertThat(store.findMissing(INSTANCE, Set.of(digest(used)))).as("after %d", i).isEmpty();
        if (i % 2 == 0) {
          staged.commit();
        }
      }
    }
    assertThat(read(used)).isEqualTo(used);
    assertThat(store.footprint()).isLessThanOrEqualTo(16 * MIB);
  }

  @Test
  void whatIsReadStaysReadableAfterItsBlockIsDropped() {
    ByteString blob = random.next(2 * MIB);
    upload(blob);
    try (BlobReader reader = store.open(INSTANCE, digest(blob))) {
      for (int i = 0; i < 12; i++) {
        upload(random.next(2 * MIB));
      }
      ByteBuffer target = ByteBuffer.allocate(2 * MIB);
      assertThat(reader.read(0, target)).isEqualTo(2 * MIB);
      assertThat(ByteString.copyFrom(target.flip())).isEqualTo(blob);
    }
  }

  @Test
  void filesAndBlocksStayWithinTheCapacity() throws IOException {
    for (int i = 0; i < 10; i++) {
      upload(random.next(2 * MIB));
      ByteString kept = random.next(MIB / 2);
      try (StagedBlob staged = area.begin(name(kept))) {
        staged.write(kept.substring(0, MIB / 4).asReadOnlyByteBuffer());
        staged.suspend();
      }
      assertThat(store.footprint()).isLessThanOrEqualTo(16 * MIB);
      long bytes = 0;
      for (Path file : files("blocks")) {
        bytes += Files.size(file);
      }
      for (Path file : files("staged")) {
        bytes += Files.size(file);
      }
      assertThat(bytes).isLessThanOrEqualTo(16 * MIB);
    }
  }

  @Test
  void roomOfAnEarlierRunIsCounted() {
    ByteString blob = random.next(3 * MIB);
    ResourceName.Upload name = name(blob);
    StagedBlob lost = area.begin(name);
    lost.write(blob.substring(0, 1000).asReadOnlyByteBuffer());
    long footprint = store.footprint();
    restart();
    assertThat(store.footprint()).isEqualTo(footprint);
    Digest other = digest(random.next(3 * MIB));
    assertThatThrownBy(() -> store.create(INSTANCE, other).close())
        .isInstanceOf(Failure.Exhausted.class);
    upload(random.next(3 * MIB));
    assertThat(area.kept(name)).isEmpty();
    store.create(INSTANCE, other).close();
  }

  @Test
  void aBlobLargerThanTheStoreTakesIsRefused() {
    Digest enormous = new Digest(DigestFunction.SHA256, "a".repeat(64), 9 * MIB);
    assertThatThrownBy(() -> area.begin(name(enormous))).isInstanceOf(Failure.Exhausted.class);
  }

  @Test
  void filesThatAreNoUploadsAreRemovedAtTheStart() throws IOException {
    ByteString blob = random.next(200_000);
    ResourceName.Upload damaged = name(blob);
    ResourceName.Upload renamed = name(blob);
    ResourceName.Upload empty = name(blob);
    ResourceName.Upload good = name(blob);
    for (ResourceName.Upload name : List.of(damaged, renamed, empty, good)) {
      try (StagedBlob staged = area.begin(name)) {
        staged.write(blob.substring(0, 1000).asReadOnlyByteBuffer());
        staged.suspend();
      }
    }
    close();
    try (RandomAccessFile file = new RandomAccessFile(fileOf(damaged).toFile(), "rw")) {
      file.seek(10);
      file.write(1);
    }
    Files.move(
        fileOf(renamed), new StagedName(Fingerprinter.of(name(blob)), 99).in(path("staged")));
    Files.write(fileOf(empty), new byte[0]);
    open();
    assertThat(files("staged")).containsExactly(fileOf(good));
    assertThat(area.kept(good)).hasValue(1000);
    assertThat(area.kept(damaged)).isEmpty();
  }

  @Test
  void ofTwoFilesOfAnUploadTheLaterCounts() throws IOException {
    ByteString blob = random.next(MIB);
    ResourceName.Upload name = name(blob);
    try (StagedBlob staged = area.begin(name)) {
      staged.write(blob.substring(0, 1000).asReadOnlyByteBuffer());
      staged.suspend();
    }
    byte[] earlier = Files.readAllBytes(only("staged"));
    clock.advance(Duration.ofSeconds(1));
    try (StagedBlob staged = area.begin(name)) {
      staged.write(blob.substring(0, 500).asReadOnlyByteBuffer());
      staged.suspend();
    }
    close();
    Path left = new StagedName(Fingerprinter.of(name), 1).in(path("staged"));
    Files.write(left, earlier);
    Files.setLastModifiedTime(left, FileTime.from(clock.instant().minusSeconds(1)));
    open();
    assertThat(area.kept(name)).hasValue(500);
    assertThat(files("staged")).hasSize(1);
  }

  @Test
  void anUploadWhoseFileIsGoneBeginsAnew() throws IOException {
    ByteString blob = random.next(MIB);
    ResourceName.Upload name = name(blob);
    try (StagedBlob staged = area.begin(name)) {
      staged.write(blob.substring(0, 1000).asReadOnlyByteBuffer());
      staged.suspend();
    }
    Files.delete(only("staged"));
    assertThat(area.resume(name)).isEmpty();
    assertThat(area.kept(name)).isEmpty();
    upload(name, blob);
    assertThat(read(blob)).isEqualTo(blob);
  }

  @Test
  void anEndedAreaKeepsWhatWasBeingWrittenAndTakesNoMore() {
    ByteString blob = random.next(MIB);
    ResourceName.Upload name = name(blob);
    StagedBlob lost = area.begin(name);
    lost.write(blob.substring(0, 1000).asReadOnlyByteBuffer());
    area.close();
    assertThatThrownBy(() -> lost.write(blob.substring(1000).asReadOnlyByteBuffer()))
        .isInstanceOf(Failure.Unavailable.class);
    lost.close();
    assertThatThrownBy(() -> area.begin(name)).isInstanceOf(Failure.Unavailable.class);
    assertThatThrownBy(() -> area.resume(name)).isInstanceOf(Failure.Unavailable.class);
    restart();
    assertThat(area.kept(name)).hasValue(1000);
  }

  /** A disk that fails once, and then says that all is well, as a real one does. */
  private static final class FailingOnce implements StableStorage {
    private boolean failsFile;
    private boolean failsNames;

    @Override
    public void sync(BlockFile file) throws IOException {
      if (failsFile) {
        failsFile = false;
        throw new IOException("the test says so");
      }
    }

    @Override
    public void syncNames(Path directory) throws IOException {
      if (failsNames) {
        failsNames = false;
        throw new IOException("the test says so");
      }
    }
  }

  private FailingOnce failingDisk() {
    FailingOnce disk = new FailingOnce();
    StagingGround ground = store.stagingGround(clock);
    area =
        DiskStagingArea.open(
            store,
            new StagingGround(store, ground.ring(), ground.committer(), disk, ground.clock()));
    return disk;
  }

  @Test
  void anUploadThatCouldNotBeMadeDurableAtItsCommitIsOver() throws IOException {
    FailingOnce disk = failingDisk();
    ByteString blob = random.next(2 * MIB);
    ResourceName.Upload name = name(blob);
    try (StagedBlob staged = area.begin(name)) {
      write(staged, blob);
      disk.failsFile = true;
      assertThatThrownBy(staged::commit).isInstanceOf(Failure.Unavailable.class);
      assertThatThrownBy(staged::suspend).isInstanceOf(Failure.Unavailable.class);
      assertThatThrownBy(staged::commit).isInstanceOf(Failure.Unavailable.class);
    }
    assertIsOver(name, blob);
  }

  @Test
  void anUploadThatCouldNotBeMadeDurableWhenItStoppedIsOver() throws IOException {
    FailingOnce disk = failingDisk();
    for (boolean names : new boolean[] {false, true}) {
      ByteString blob = random.next(2 * MIB);
      ResourceName.Upload name = name(blob);
      try (StagedBlob staged = area.begin(name)) {
        write(staged, blob.substring(0, MIB));
        disk.failsFile = !names;
        disk.failsNames = names;
        assertThatThrownBy(staged::suspend).isInstanceOf(Failure.Unavailable.class);
        assertThatThrownBy(staged::suspend).isInstanceOf(Failure.Unavailable.class);
      }
      assertIsOver(name, blob);
    }
  }

  private void assertIsOver(ResourceName.Upload name, ByteString blob) throws IOException {
    assertThat(area.kept(name)).isEmpty();
    assertThat(area.resume(name)).isEmpty();
    assertThat(store.findMissing(INSTANCE, Set.of(name.digest()))).hasSize(1);
    try (Stream<Path> left = Files.list(directory.resolve("staged"))) {
      assertThat(left).isEmpty();
    }
    upload(name, blob);
    assertThat(store.findMissing(INSTANCE, Set.of(name.digest()))).isEmpty();
  }

  private void restart() {
    close();
    open();
  }

  private void upload(ByteString blob) {
    upload(name(blob), blob);
  }

  private void upload(ResourceName.Upload name, ByteString blob) {
    try (StagedBlob staged = area.begin(name)) {
      write(staged, blob);
      staged.commit();
    }
  }

  private static void write(StagedBlob staged, ByteString blob) {
    blob.asReadOnlyByteBufferList().forEach(staged::write);
  }

  private ByteString read(ByteString blob) {
    return Blobs.read(store, INSTANCE, digest(blob), blob.size());
  }

  private Path path(String name) {
    return directory.resolve(name);
  }

  private List<Path> files(String name) throws IOException {
    try (Stream<Path> files = Files.list(path(name))) {
      return files.toList();
    }
  }

  private Path only(String name) throws IOException {
    List<Path> files = files(name);
    assertThat(files).hasSize(1);
    return files.getFirst();
  }

  private Path fileOf(ResourceName.Upload name) throws IOException {
    Fingerprint upload = Fingerprinter.of(name);
    return files("staged").stream()
        .filter(file -> StagedName.of(file).orElseThrow().upload().equals(upload))
        .findFirst()
        .orElseThrow();
  }

  private static Object fileKey(Path file) throws IOException {
    return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
  }

  private static Digest digest(ByteString blob) {
    return DigestFunction.SHA256.digestOf(blob.toByteArray());
  }

  private static ResourceName.Upload name(ByteString blob) {
    return name(digest(blob));
  }

  private static ResourceName.Upload name(Digest digest) {
    return new ResourceName.Upload(INSTANCE, UUID.randomUUID(), Compressor.IDENTITY, digest);
  }
}
