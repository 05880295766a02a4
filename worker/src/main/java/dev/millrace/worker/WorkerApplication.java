package dev.millrace.worker;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.PropertySource;

/** The worker as a process of its own, beside a CAS and an execution service elsewhere. */
@SpringBootConfiguration
@EnableAutoConfiguration
@Import({RemoteConfiguration.class, WorkerConfiguration.class})
@PropertySource("classpath:dev/millrace/worker/worker.properties")
public class WorkerApplication {

  public static void main(String[] args) {
    SpringApplication.run(WorkerApplication.class, args);
  }
}
