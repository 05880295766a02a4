package dev.millrace.worker.process;

import java.util.List;

/** What keeps an action from what is none of its business, as far as the host allows it. */
public interface Sandbox {

  /** The command line that starts a command inside. */
  List<String> commandLine(Launch launch);

  /**
   * Kills whatever there is of a command that was started: called when it must end, and when its
   * first process has ended by itself, for what that left behind. All of it is dead when this
   * returns, as far as the sandbox can tell.
   */
  void kill(Process process, Launch launch);
}
