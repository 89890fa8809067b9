package dev.longshore.processor;

/** What a call belongs to, for processors that can pass it on: bound on the call's thread while the call is traced. */
public final class CallTrace {
  /** A {@code traceparent} as W3C Trace Context writes it. */
  public static final ScopedValue<String> PARENT = ScopedValue.newInstance();

  private CallTrace() {}
}
