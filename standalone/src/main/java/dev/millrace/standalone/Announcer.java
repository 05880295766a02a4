package dev.millrace.standalone;

import java.nio.file.Path;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.event.EventListener;
import org.springframework.grpc.server.lifecycle.GrpcServerStartedEvent;

/**
 * Says on standard output that everything is up and where; not in the log, because it is for the
 * person who typed the command.
 */
final class Announcer {

  private final String address;
  private final Path data;
  private final int slots;

  /** The network server's port; the server inside of the process has none. */
  private volatile int port;

  Announcer(String address, Path data, int slots) {
    this.address = address;
    this.data = data;
    this.slots = slots;
  }

  @EventListener
  void serverStarted(GrpcServerStartedEvent event) {
    port = Math.max(port, event.getPort());
  }

  @EventListener(ApplicationReadyEvent.class)
  void everythingIsUp() {
    System.out.println(new Announcement("grpc://%s:%d".formatted(address, port), data, slots));
  }
}
