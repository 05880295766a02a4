package dev.millrace.systemtests;

import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A real Bazel on a copy of an example workspace, with a server and an output base of its own. The
 * command is {@code bazel}, or what the environment variable MILLRACE_BAZEL says; its flags are
 * those of MILLRACE_BAZEL_FLAGS.
 */
final class Bazel implements AutoCloseable {

  private static final List<String> COMMAND = words("MILLRACE_BAZEL", "bazel");
  private static final List<String> FLAGS = words("MILLRACE_BAZEL_FLAGS", "");
  private static final int LIMIT_MINUTES = 15;

  private final Path workspace;
  private final Path outputUserRoot;

  private Bazel(Path workspace, Path outputUserRoot) {
    this.workspace = workspace;
    this.outputUserRoot = outputUserRoot;
  }

  private static List<String> words(String variable, String standard) {
    String text = Optional.ofNullable(System.getenv(variable)).orElse(standard);
    return text.isBlank() ? List.of() : List.of(text.strip().split("\\s+"));
  }

  /** What a Bazel command ended with. */
  record Outcome(int exitCode, String output) {

    private static final Pattern SUMMARY =
        Pattern.compile("^INFO: \\d+ process(?:es)?: (.*)\\.$", Pattern.MULTILINE);

    /** How many actions ran where, by Bazel's own name of the place ("remote cache hit"). */
    Map<String, Integer> processes() {
      Map<String, Integer> counts = new TreeMap<>();
      Matcher summary = SUMMARY.matcher(output);
      while (summary.find()) {
        for (String part : summary.group(1).split(", ")) {
          int space = part.indexOf(' ');
          counts.merge(
              part.substring(space + 1), Integer.valueOf(part.substring(0, space)), Integer::sum);
        }
      }
      return counts;
    }
  }

  /** Copies the example into {@code directory}. */
  static Bazel inCopyOf(Path example, Path directory) {
    Path workspace = directory.resolve(example.getFileName().toString());
    try (Stream<Path> files = Files.walk(example)) {
      for (Path file : files.toList()) {
        Path relative = example.relativize(file);
        if (relative.toString().startsWith("bazel-")) {
          continue;
        }
        if (Files.isDirectory(file)) {
          Files.createDirectories(workspace.resolve(relative));
        } else {
          Files.copy(file, workspace.resolve(relative));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new Bazel(workspace, directory.resolve("bazel"));
  }

  /** Runs a command to its end, or fails if that does not come within a long time. */
  Outcome run(String command, String... arguments) {
    Path log = outputUserRoot.resolveSibling("bazel-" + System.nanoTime() + ".log");
    try {
      Process process = start(log, command, arguments);
      if (!process.waitFor(LIMIT_MINUTES, TimeUnit.MINUTES)) {
        process.destroyForcibly();
        throw new IllegalStateException("Bazel does not end:\n" + Files.readString(log));
      }
      String output = Files.readString(log);
      System.out.println("$ bazel " + command + " " + String.join(" ", arguments) + "\n" + output);
      return new Outcome(process.exitValue(), output);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Starts a command and leaves it running, with its output going to {@code log}. */
  Process start(Path log, String command, String... arguments) throws IOException {
    List<String> line = new ArrayList<>(COMMAND);
    line.add("--output_user_root=" + outputUserRoot);
    line.add("--max_idle_secs=120");
    line.add("--host_jvm_args=-Xmx1g");
    line.add(command);
    if (!command.equals("shutdown")) {
      line.add("--color=no");
      line.add("--curses=no");
      line.addAll(FLAGS);
    }
    line.addAll(List.of(arguments));
    return new ProcessBuilder(line)
        .directory(workspace.toFile())
        .redirectErrorStream(true)
        .redirectOutput(log.toFile())
        .start();
  }

  Path output(String path) {
    return workspace.resolve("bazel-bin").resolve(path);
  }

  /** Digests of the files in bazel-bin, by path, but for what Bazel itself makes locally. */
  Map<String, Digest> outputs() {
    Path bin = workspace.resolve("bazel-bin");
    try (Stream<Path> files = Files.walk(bin.toRealPath())) {
      Path root = bin.toRealPath();
      return files
          .filter(Files::isRegularFile)
          .filter(file -> !file.toString().contains(".runfiles"))
          .collect(Collectors.toMap(file -> root.relativize(file).toString(), Bazel::checksum));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Digest checksum(Path file) {
    try {
      return DigestFunction.SHA256.digestOf(Files.readAllBytes(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    run("shutdown");
  }
}
