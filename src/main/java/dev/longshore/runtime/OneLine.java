package dev.longshore.runtime;

import org.jboss.logmanager.ExtFormatter;
import org.jboss.logmanager.ExtLogRecord;

/**
 * Keeps each of Longshore's messages on one line: what a server, a program or a file says may hold line breaks, and behind one of them the
 * words of others would look like a line of ours about another job. The stack of a throwable keeps its lines.
 */
final class OneLine extends ExtFormatter.Delegating {
  private static final String OURS = "dev.longshore.";

  OneLine(ExtFormatter delegate) {
    super(delegate);
  }

  @Override
  public String format(ExtLogRecord line) {
    String message = line.getFormattedMessage();
    boolean ours = line.getLoggerName() != null && line.getLoggerName().startsWith(OURS);
    if (!ours || message == null || message.chars().noneMatch(OneLine::breaks)) {
      return super.format(line);
    }
    ExtLogRecord whole = new ExtLogRecord(line);
    whole.setMessage(escaped(message), ExtLogRecord.FormatStyle.NO_FORMAT);
    return super.format(whole);
  }

  /** Control characters, those of terminals among them, and Unicode's own line ends. */
  private static boolean breaks(int c) {
    return Character.isISOControl(c) && c != '\t' || c == '\u2028' || c == '\u2029';
  }

  private static String escaped(String message) {
    StringBuilder out = new StringBuilder(message.length() + 16);
    for (char c : message.toCharArray()) {
      if (c == '\n') {
        out.append("\\n");
      } else if (c == '\r') {
        out.append("\\r");
      } else if (breaks(c)) {
        out.append(String.format("\\u%04x", (int) c));
      } else {
        out.append(c);
      }
    }
    return out.toString();
  }
}
