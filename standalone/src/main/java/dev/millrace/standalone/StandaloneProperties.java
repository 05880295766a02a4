package dev.millrace.standalone;

import java.nio.file.Path;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * @param data the directory that everything is kept under
 */
@ConfigurationProperties("millrace.standalone")
record StandaloneProperties(Path data) {

  StandaloneProperties {
    data = data.toAbsolutePath().normalize();
  }
}
