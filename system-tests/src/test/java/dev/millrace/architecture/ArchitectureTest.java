package dev.millrace.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import dev.millrace.architecture.broken.action.ActionOverTheWire;
import dev.millrace.architecture.broken.actioncache.ResultsFromTheEdge;
import dev.millrace.architecture.broken.actioncache.first.FirstActionCache;
import dev.millrace.architecture.broken.actions.store.Results;
import dev.millrace.architecture.broken.blobstore.IndexedBlobs;
import dev.millrace.architecture.broken.blobstore.first.FirstBlobStore;
import dev.millrace.architecture.broken.blobstore.second.SecondBlobStore;
import dev.millrace.architecture.broken.cas.api.CasGrpcService;
import dev.millrace.architecture.broken.cas.index.Index;
import dev.millrace.architecture.broken.cas.upload.Uploads;
import dev.millrace.architecture.broken.common.Anything;
import dev.millrace.architecture.broken.compression.DigestingStream;
import dev.millrace.architecture.broken.digest.DigestWithStatus;
import dev.millrace.architecture.broken.execution.operation.OperationBean;
import dev.millrace.architecture.broken.execution.scheduling.SchedulerWithStatus;
import dev.millrace.architecture.broken.execution.scheduling.SchedulerWithTables;
import dev.millrace.architecture.broken.failure.FailureOfAnInstance;
import dev.millrace.architecture.broken.first.First;
import dev.millrace.architecture.broken.grpc.error.ErrorBean;
import dev.millrace.architecture.broken.grpc.stream.StreamOfOneStore;
import dev.millrace.architecture.broken.instance.InstanceBean;
import dev.millrace.architecture.broken.second.Second;
import dev.millrace.architecture.broken.util.Names;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Who may know whom. Each rule holds for all modules, and is seen to catch who breaks it. */
final class ArchitectureTest {

  private static final String BASE = "dev.millrace";
  private static final String BROKEN_BASE = "dev.millrace.architecture.broken";

  private static final JavaClasses MILLRACE =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .withImportOption(location -> !location.contains("-tests.jar"))
          .importPackages(BASE);
  private static final JavaClasses BROKEN = new ClassFileImporter().importPackages(BROKEN_BASE);

  private static void holdsAndCatches(Function<Rules, ArchRule> rule, Class<?>... culprits) {
    rule.apply(new Rules(BASE)).check(MILLRACE);
    String report =
        String.join(
            "\n",
            rule.apply(new Rules(BROKEN_BASE)).evaluate(BROKEN).getFailureReport().getDetails());
    assertThat(report).contains(Arrays.stream(culprits).map(Class::getName).toArray(String[]::new));
  }

  @Test
  void everyPackageOfTheSourcesIsLookedAt() throws IOException {
    Path root = Path.of("").toAbsolutePath().getParent();
    Set<String> inSources = new TreeSet<>();
    try (Stream<Path> modules = Files.list(root)) {
      for (Path sources : modules.map(module -> module.resolve("src/main/java")).toList()) {
        inSources.addAll(packagesIn(sources));
      }
    }
    Set<String> imported =
        MILLRACE.stream().map(JavaClass::getPackageName).collect(Collectors.toSet());
    assertThat(inSources).isNotEmpty();
    assertThat(imported).containsExactlyInAnyOrderElementsOf(inSources);
  }

  private static Set<String> packagesIn(Path sources) throws IOException {
    if (!Files.isDirectory(sources)) {
      return Set.of();
    }
    try (Stream<Path> files = Files.walk(sources)) {
      return files
          .filter(file -> file.toString().endsWith(".java"))
          .map(file -> sources.relativize(file.getParent()).toString().replace('/', '.'))
          .collect(Collectors.toSet());
    }
  }

  @Test
  void valuesKnowOnlyEachOtherAndMessages() {
    holdsAndCatches(
        Rules::valuesKnowOnlyEachOtherAndMessages,
        DigestWithStatus.class,
        InstanceBean.class,
        ActionOverTheWire.class);
  }

  @Test
  void failuresKnowOnlyDigests() {
    holdsAndCatches(Rules::failuresKnowOnlyDigests, FailureOfAnInstance.class);
  }

  @Test
  void interfacesOfStorageKnowOnlyTheModel() {
    holdsAndCatches(Rules::interfacesOfStorageKnowOnlyTheModel, IndexedBlobs.class);
  }

  @Test
  void interfacesOfResultsKnowOnlyTheModelAndBlobs() {
    holdsAndCatches(Rules::interfacesOfResultsKnowOnlyTheModelAndBlobs, ResultsFromTheEdge.class);
  }

  @Test
  void backEndsAndDecoratorsKnowOnlyStorageAndTheModel() {
    holdsAndCatches(Rules::backEndsAndDecoratorsKnowOnlyStorageAndTheModel, FirstActionCache.class);
  }

  @Test
  void siblingsInStorageDoNotKnowEachOther() {
    holdsAndCatches(Rules::siblingsInStorageDoNotKnowEachOther, FirstBlobStore.class);
  }

  @Test
  void storageKnowsNoSpring() {
    holdsAndCatches(Rules::storageKnowsNoSpring, SecondBlobStore.class);
  }

  @Test
  void compressionKnowsNothingOfOurs() {
    holdsAndCatches(Rules::compressionKnowsNothingOfOurs, DigestingStream.class);
  }

  @Test
  void theEdgeKnowsOnlyTheModelAndTheInterfacesOfStorage() {
    holdsAndCatches(
        Rules::theEdgeKnowsOnlyTheModelAndTheInterfacesOfStorage, StreamOfOneStore.class);
  }

  @Test
  void theEdgeKnowsSpringOnlyInItsServerAndAuth() {
    holdsAndCatches(Rules::theEdgeKnowsSpringOnlyInItsServerAndAuth, ErrorBean.class);
  }

  @Test
  void schedulingAndOperationAreFreeOfGrpcSpringAndSql() {
    holdsAndCatches(
        Rules::schedulingAndOperationAreFreeOfGrpcSpringAndSql,
        SchedulerWithStatus.class,
        OperationBean.class,
        SchedulerWithTables.class);
  }

  @Test
  void casKnowsItselfOnlyDownwards() {
    holdsAndCatches(Rules::casKnowsItselfOnlyDownwards, Index.class);
  }

  @Test
  void onlyAServicesConfigurationKnowsItsGrpcServices() {
    holdsAndCatches(Rules::onlyAServicesConfigurationKnowsItsGrpcServices, Uploads.class);
  }

  @Test
  void servicesDoNotKnowEachOther() {
    holdsAndCatches(Rules::servicesDoNotKnowEachOther, CasGrpcService.class);
  }

  @Test
  void onlyStandaloneKnowsServices() {
    holdsAndCatches(Rules::onlyStandaloneKnowsServices, IndexedBlobs.class);
  }

  @Test
  void nobodyKnowsStandalone() {
    holdsAndCatches(Rules::nobodyKnowsStandalone, Results.class);
  }

  @Test
  void whatIsForTestsIsOnlyForTests() {
    holdsAndCatches(
        Rules::whatIsForTestsIsOnlyForTests,
        dev.millrace.architecture.broken.standalone.Process.class);
  }

  @Test
  void packagesHaveNoCycles() {
    holdsAndCatches(Rules::packagesHaveNoCycles, First.class, Second.class);
  }

  @Test
  void packagesAreNamedByWhatTheyAreAbout() {
    holdsAndCatches(Rules::packagesAreNamedByWhatTheyAreAbout, Names.class, Anything.class);
  }

  @Test
  void classesAreNamedByWhatTheyAre() {
    holdsAndCatches(Rules::classesAreNamedByWhatTheyAre, Names.class.getDeclaredClasses());
  }

  @Test
  void packagesAreNullMarked() {
    holdsAndCatches(Rules::packagesAreNullMarked, Names.class);
  }
}
