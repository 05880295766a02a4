package dev.millrace.standalone;

import dev.millrace.directory.DirectoryLock;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The data directory, once it is ours, and the database in it. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(StandaloneProperties.class)
class EmbeddedDatabaseConfiguration {

  @Bean
  DirectoryLock directoryLock(StandaloneProperties properties) {
    return DirectoryLock.take(properties.data());
  }

  /** Takes the lock as a parameter so that it is held before and let go after. */
  @Bean
  EmbeddedDatabase embeddedDatabase(StandaloneProperties properties, DirectoryLock held) {
    return EmbeddedDatabase.start(properties.data().resolve("postgres"));
  }

  @Bean
  JdbcConnectionDetails jdbcConnectionDetails(EmbeddedDatabase database) {
    return new JdbcConnectionDetails() {
      @Override
      public String getUsername() {
        return database.user();
      }

      @Override
      public String getPassword() {
        return database.password();
      }

      @Override
      public String getJdbcUrl() {
        return database.jdbcUrl();
      }
    };
  }
}
