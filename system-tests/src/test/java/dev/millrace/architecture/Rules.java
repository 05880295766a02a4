package dev.millrace.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.properties.HasName.Predicates;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.Arrays;
import org.jspecify.annotations.NullMarked;

/**
 * The package table of docs/architecture.md as rules, for any base package, so that they can be
 * tried on a suite that breaks them. A package that does not exist breaks no rule.
 */
final class Rules {

  private static final String[] VALUES = {"digest..", "instance..", "resourcename..", "action.."};
  private static final String[] SERVICES = {
    "cas..", "actions..", "execution..", "asset..", "logs..", "worker.."
  };

  /**
   * What any package may use: the JDK's language and libraries, but not its SQL, and null marks.
   */
  private static final String[] JDK = {
    "java.lang..",
    "java.util..",
    "java.io..",
    "java.nio..",
    "java.math..",
    "java.time..",
    "java.security..",
    "org.jspecify.annotations.."
  };

  private static final String[] MESSAGES = {
    "build.bazel..",
    "com.google.protobuf..",
    "com.google.rpc..",
    "com.google.longrunning..",
    "com.google.devtools.remoteworkers.."
  };

  private static final DescribedPredicate<JavaClass> GRPC =
      resideInAPackage("io.grpc..")
          .or(
              resideInAnyPackage(MESSAGES)
                  .and(Predicates.nameMatching(".*Grpc(\\$.*)?"))
                  .forSubtype())
          .as("belong to gRPC");

  private static final DescribedPredicate<JavaClass> SPRING =
      resideInAPackage("org.springframework..").as("belong to Spring");

  private static final DescribedPredicate<JavaClass> SQL =
      resideInAnyPackage(
              "java.sql..", "javax.sql..", "org.postgresql..", "com.zaxxer..", "org.flywaydb..")
          .as("belong to SQL");

  private final String base;

  Rules(String base) {
    this.base = base;
  }

  ArchRule valuesKnowOnlyEachOtherAndMessages() {
    return classes()
        .that(are(VALUES))
        .should()
        .onlyDependOnClassesThat(
            are(VALUES)
                .or(are("failure"))
                .or(resideInAnyPackage(JDK))
                .or(resideInAnyPackage(MESSAGES).and(not(GRPC)))
                .or(resideInAPackage("org.apache.commons.codec.digest")))
        .allowEmptyShould(true);
  }

  ArchRule failuresKnowOnlyDigests() {
    return classes()
        .that(are("failure.."))
        .should()
        .onlyDependOnClassesThat(are("failure..", "digest").or(resideInAnyPackage(JDK)))
        .allowEmptyShould(true);
  }

  ArchRule interfacesOfStorageKnowOnlyTheModel() {
    return classes()
        .that(are("blobstore"))
        .should()
        .onlyDependOnClassesThat(
            are("blobstore", "failure")
                .or(are(VALUES))
                .or(resideInAnyPackage(JDK))
                // Bytes that need not be copied between a message and a store.
                .or(resideInAPackage("com.google.protobuf")))
        .allowEmptyShould(true);
  }

  ArchRule interfacesOfResultsKnowOnlyTheModelAndBlobs() {
    return classes()
        .that(are("actioncache"))
        .should()
        .onlyDependOnClassesThat(
            are("actioncache", "blobstore", "failure")
                .or(are(VALUES))
                .or(resideInAnyPackage(JDK))
                .or(resideInAnyPackage(MESSAGES).and(not(GRPC))))
        .allowEmptyShould(true);
  }

  ArchRule backEndsAndDecoratorsKnowOnlyStorageAndTheModel() {
    return classes()
        .that(are("blobstore.*..", "actioncache.*.."))
        .should()
        .onlyDependOnClassesThat(
            elsewhere()
                .or(are("blobstore..", "actioncache..", "compression..", "peer", "failure"))
                .or(are(VALUES)))
        .allowEmptyShould(true);
  }

  ArchRule siblingsInStorageDoNotKnowEachOther() {
    return slices()
        .matching(base + ".blobstore.(*)..")
        .should()
        .notDependOnEachOther()
        .allowEmptyShould(true);
  }

  ArchRule storageKnowsNoSpring() {
    return noClasses()
        .that(are("blobstore..", "actioncache..", "compression..", "peer.."))
        .should()
        .dependOnClassesThat(SPRING)
        .allowEmptyShould(true);
  }

  ArchRule compressionKnowsNothingOfOurs() {
    return classes()
        .that(are("compression.."))
        .should()
        .onlyDependOnClassesThat(elsewhere().or(are("compression..")))
        .allowEmptyShould(true);
  }

  ArchRule theEdgeKnowsOnlyTheModelAndTheInterfacesOfStorage() {
    return classes()
        .that(are("grpc.."))
        .should()
        .onlyDependOnClassesThat(
            elsewhere()
                .or(are("grpc..", "blobstore", "actioncache", "compression..", "failure"))
                .or(are(VALUES)))
        .allowEmptyShould(true);
  }

  ArchRule theEdgeKnowsSpringOnlyInItsServerAndAuth() {
    return noClasses()
        .that(are("grpc.."))
        .and(not(are("grpc.server..", "grpc.auth..")))
        .should()
        .dependOnClassesThat(SPRING)
        .allowEmptyShould(true);
  }

  ArchRule schedulingAndOperationAreFreeOfGrpcSpringAndSql() {
    return noClasses()
        .that(are("execution.scheduling..", "execution.operation.."))
        .should()
        .dependOnClassesThat(GRPC.or(SPRING).or(SQL))
        .allowEmptyShould(true);
  }

  ArchRule casKnowsItselfOnlyDownwards() {
    return noClasses()
        .that(are("cas.disk..", "cas.s3..", "cas.index..", "cas.cache.."))
        .should()
        .dependOnClassesThat(are("cas.upload..", "cas.tree..", "cas.chunking..", "cas.api.."))
        .allowEmptyShould(true);
  }

  ArchRule onlyAServicesConfigurationKnowsItsGrpcServices() {
    return noClasses()
        .that(are("*.*.."))
        .and(not(are("*.api..")))
        .should()
        .dependOnClassesThat(are("*.api.."))
        .allowEmptyShould(true);
  }

  ArchRule servicesDoNotKnowEachOther() {
    return slices()
        .matching(base + ".(cas|actions|execution|asset|logs|worker)..")
        .should()
        .notDependOnEachOther()
        .allowEmptyShould(true);
  }

  ArchRule onlyStandaloneKnowsServices() {
    return noClasses()
        .that(are(".."))
        .and(not(are(SERVICES)))
        .and(not(are("standalone..")))
        .should()
        .dependOnClassesThat(are(SERVICES))
        .allowEmptyShould(true);
  }

  ArchRule nobodyKnowsStandalone() {
    return noClasses()
        .that(are(".."))
        .and(not(are("standalone..")))
        .should()
        .dependOnClassesThat(are("standalone.."))
        .allowEmptyShould(true);
  }

  ArchRule whatIsForTestsIsOnlyForTests() {
    return noClasses()
        .that(are(".."))
        .and(not(are("testing..")))
        .should()
        .dependOnClassesThat(
            are("testing..").or(resideInAnyPackage("org.junit..", "org.assertj..", "net.jqwik..")))
        .allowEmptyShould(true);
  }

  ArchRule packagesHaveNoCycles() {
    return slices().matching(base + ".(**)").should().beFreeOfCycles();
  }

  ArchRule packagesAreNamedByWhatTheyAreAbout() {
    return noClasses()
        .that(are(".."))
        .should()
        .resideInAnyPackage(in("..common..", "..util..", "..utils..", "..misc..", "..impl.."));
  }

  ArchRule classesAreNamedByWhatTheyAre() {
    return noClasses()
        .that(are(".."))
        .should()
        .haveSimpleNameEndingWith("Util")
        .orShould()
        .haveSimpleNameEndingWith("Utils")
        .orShould()
        .haveSimpleNameEndingWith("Helper")
        .orShould()
        .haveSimpleNameEndingWith("Manager")
        .orShould()
        .haveSimpleNameEndingWith("Impl");
  }

  ArchRule packagesAreNullMarked() {
    return classes().that(are("..")).should(resideInANullMarkedPackage());
  }

  private static ArchCondition<JavaClass> resideInANullMarkedPackage() {
    return new ArchCondition<>("reside in a package whose package-info is @NullMarked") {
      @Override
      public void check(JavaClass type, ConditionEvents events) {
        boolean marked =
            type.getPackage()
                .tryGetPackageInfo()
                .filter(info -> info.isAnnotatedWith(NullMarked.class))
                .isPresent();
        String message =
            "Package of %s is %sNullMarked".formatted(type.getName(), marked ? "" : "not ");
        events.add(new SimpleConditionEvent(type, marked, message));
      }
    };
  }

  /** Classes in packages below the base, in ArchUnit's notation. */
  private DescribedPredicate<JavaClass> are(String... packages) {
    return resideInAnyPackage(in(packages));
  }

  private DescribedPredicate<JavaClass> elsewhere() {
    return not(are(".."));
  }

  private String[] in(String... packages) {
    return Arrays.stream(packages)
        .map(name -> name.startsWith("..") ? base + name : base + "." + name)
        .toArray(String[]::new);
  }
}
