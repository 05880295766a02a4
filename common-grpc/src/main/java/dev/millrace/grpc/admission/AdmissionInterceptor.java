package dev.millrace.grpc.admission;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;

/** Lets a call in before anything of it is read, or refuses it. */
public final class AdmissionInterceptor implements ServerInterceptor {

  private final Admission admission;

  public AdmissionInterceptor(Admission admission) {
    this.admission = admission;
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    if (admission.connections().isExcess(call)) {
      return admission.tooManyConnections().answer(call);
    }
    CallKind kind = CallKind.of(call.getMethodDescriptor());
    // Others are small as a rule: who asks something quick does not wait for those who send much.
    if (kind == CallKind.BATCH && !admission.requests().awaitRoom(admission.patience())) {
      return admission.tooManyBytes().answer(call);
    }
    if (!admission.gate(kind).enter()) {
      return admission.refusal(kind).answer(call);
    }
    AdmittedCall<Q, R> admitted = new AdmittedCall<>(call, kind, admission, InboundBytes.current());
    admitted.begin();
    try {
      return new AdmittedListener<>(next.startCall(admitted, headers), admitted);
    } catch (RuntimeException | Error thrown) {
      admitted.over();
      throw thrown;
    }
  }
}
