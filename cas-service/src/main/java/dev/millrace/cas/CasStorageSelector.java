package dev.millrace.cas;

import org.springframework.context.EnvironmentAware;
import org.springframework.context.annotation.ImportSelector;
import org.springframework.core.env.Environment;
import org.springframework.core.type.AnnotationMetadata;

/** Chooses where blobs are kept by {@code millrace.cas.storage}: {@code disk} or {@code s3}. */
public final class CasStorageSelector implements ImportSelector, EnvironmentAware {

  private static final String PROPERTY = "millrace.cas.storage";

  private Environment environment;

  /** Called by Spring, which hands over the environment before it asks. */
  @SuppressWarnings("NullAway.Init")
  public CasStorageSelector() {}

  @Override
  public void setEnvironment(Environment environment) {
    this.environment = environment;
  }

  @Override
  public String[] selectImports(AnnotationMetadata importer) {
    String storage = environment.getProperty(PROPERTY, "disk");
    return new String[] {
      switch (storage) {
        case "disk" -> CasStorageConfiguration.class.getName();
        case "s3" -> CasObjectStorageConfiguration.class.getName();
        default -> throw new IllegalArgumentException(PROPERTY + ": disk or s3, not " + storage);
      }
    };
  }
}
