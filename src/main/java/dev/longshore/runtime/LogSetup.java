package dev.longshore.runtime;

import io.quarkus.bootstrap.logging.InitialConfigurator;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.interceptor.Interceptor;
import java.util.logging.Handler;
import org.jboss.logmanager.ExtFormatter;
import org.jboss.logmanager.handlers.OutputStreamHandler;

/**
 * Gives the handlers of console and file their format. Not by Quarkus' own extension: that would be loaded where it is off, too, and knows no keys in
 * messages.
 */
@ApplicationScoped
class LogSetup {
  @Inject
  LongshoreConfig config;

  /** Before anything of Longshore's logs. */
  void begin(@Observes @Priority(Interceptor.Priority.PLATFORM_BEFORE) StartupEvent event) {
    boolean json = config.log().format() == LongshoreConfig.LogFormat.JSON;
    for (Handler handler : InitialConfigurator.DELAYED_HANDLER.getHandlers()) {
      if (handler instanceof OutputStreamHandler && handler.getFormatter() instanceof ExtFormatter text) {
        handler.setFormatter(json ? new JsonLines() : new OneLine(text));
      }
    }
  }
}
