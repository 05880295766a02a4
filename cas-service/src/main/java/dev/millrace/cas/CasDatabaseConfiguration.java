package dev.millrace.cas;

import com.zaxxer.hikari.HikariDataSource;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;

/**
 * The database of the service when it runs by itself, under the names that settings of a database
 * have elsewhere. Nobody asks for it when blobs are on local disk, and it is not made then.
 */
@Configuration(proxyBeanMethods = false)
class CasDatabaseConfiguration {

  private static final long CONNECTION_PATIENCE_MILLIS = 5_000;

  @Bean
  @Lazy
  @ConfigurationProperties("spring.datasource.hikari")
  HikariDataSource casDatabase(
      @Value("${spring.datasource.url}") String url,
      @Value("${spring.datasource.username:}") String user,
      @Value("${spring.datasource.password:}") String password) {
    HikariDataSource database = new HikariDataSource();
    database.setPoolName("blobs");
    database.setJdbcUrl(url);
    if (!user.isEmpty()) {
      database.setUsername(user);
      database.setPassword(password);
    }
    database.setConnectionTimeout(CONNECTION_PATIENCE_MILLIS);
    // A host that is gone without a word is noticed by these alone.
    database.addDataSourceProperty("connectTimeout", "5");
    database.addDataSourceProperty("socketTimeout", "30");
    database.addDataSourceProperty("tcpKeepAlive", "true");
    return database;
  }
}
