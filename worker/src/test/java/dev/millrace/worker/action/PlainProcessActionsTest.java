package dev.millrace.worker.action;

import dev.millrace.worker.process.PlainProcess;
import dev.millrace.worker.process.Sandbox;

class PlainProcessActionsTest extends ActionRunnerContract {

  @Override
  Sandbox sandbox() {
    return new PlainProcess();
  }
}
