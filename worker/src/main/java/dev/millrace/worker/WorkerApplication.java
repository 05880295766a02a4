package dev.millrace.worker;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Import;

/** The worker as a process of its own, beside a CAS and an execution service elsewhere. */
@SpringBootConfiguration
@EnableAutoConfiguration
@Import({RemoteConfiguration.class, WorkerConfiguration.class})
public class WorkerApplication {

  public static void main(String[] args) {
    SpringApplication.run(WorkerApplication.class, args);
  }
}
