package dev.longshore.source.http;

import dev.longshore.source.ItemReader;
import dev.longshore.source.SourceException;
import dev.longshore.source.SourceException.Reason;
import dev.longshore.source.SourcePosition;
import dev.longshore.source.SourceRecord;
import org.jboss.logging.Logger;
import org.jboss.logging.MDC;

/** Goes on right behind the last record when a connection breaks, as often as records come in between, else a bounded number of times. */
final class ReconnectingReader implements ItemReader {
  private static final Logger LOG = Logger.getLogger(ReconnectingReader.class);
  private static final int IN_VAIN = 3;

  /** Opens the source at a position. */
  interface Opener {
    ItemReader open(SourcePosition from) throws SourceException;
  }

  private final Opener opener;
  private ItemReader reader;
  private int inVain;

  ReconnectingReader(ItemReader first, Opener opener) {
    this.reader = first;
    this.opener = opener;
  }

  @Override
  public SourceRecord next() throws SourceException {
    try {
      SourceRecord record = reader.next();
      inVain = 0;
      return record;
    } catch (SourceException e) {
      return reconnected(e);
    }
  }

  private SourceRecord reconnected(SourceException first) throws SourceException {
    SourceException broken = first;
    SourcePosition position = reader.position();
    while (broken.reason() == Reason.UNAVAILABLE && inVain < IN_VAIN && !Thread.currentThread().isInterrupted()) {
      inVain++;
      LOG.infof("job=%s item=%d attempt=%d state=reconnecting reason=\"%s\" heals=\"it goes on behind the last record\"", MDC.get("job"),
          position.index(), inVain, broken.getMessage());
      try {
        ItemReader again = opener.open(position);
        reader.close();
        reader = again;
        SourceRecord record = reader.next();
        inVain = 0;
        return record;
      } catch (SourceException e) {
        broken = e;
      }
    }
    throw broken;
  }

  @Override
  public boolean ready() {
    return reader.ready();
  }

  @Override
  public SourcePosition position() {
    return reader.position();
  }

  @Override
  public void close() {
    reader.close();
  }
}
