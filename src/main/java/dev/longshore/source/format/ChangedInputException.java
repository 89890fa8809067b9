package dev.longshore.source.format;

import java.io.IOException;

/** Thrown by a stream that notices, while it is read, that what it reads is no longer what it was. */
public final class ChangedInputException extends IOException {
  public ChangedInputException(String how) {
    super(how);
  }
}
