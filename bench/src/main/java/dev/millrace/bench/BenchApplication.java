package dev.millrace.bench;

import picocli.CommandLine;

/** The load generator as a program. */
public final class BenchApplication {

  private BenchApplication() {}

  public static void main(String[] arguments) {
    System.exit(commandLine().execute(arguments));
  }

  static CommandLine commandLine() {
    return new CommandLine(new BenchCommand());
  }
}
