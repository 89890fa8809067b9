package dev.longshore.runtime.local.services;

/** A program that a private service needs is not installed; the message says how to get it. */
public final class MissingProgramException extends RuntimeException {
  public MissingProgramException(String message) {
    super(message);
  }
}
