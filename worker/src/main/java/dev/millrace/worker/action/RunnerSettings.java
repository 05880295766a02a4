package dev.millrace.worker.action;

import dev.millrace.worker.filecache.Placement;
import java.time.Duration;

/**
 * How actions are run.
 *
 * @param worker the worker's name, as clients get to see it
 * @param defaultTimeout for actions that set none
 * @param maxLogBytes the most that an action may print to each of stdout and stderr
 * @param placement how inputs get into input roots
 */
public record RunnerSettings(
    String worker, Duration defaultTimeout, long maxLogBytes, Placement placement) {}
