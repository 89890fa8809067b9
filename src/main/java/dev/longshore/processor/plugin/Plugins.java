package dev.longshore.processor.plugin;

import dev.longshore.processor.InvalidProcessorException;
import dev.longshore.processor.ItemProcessor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.TreeSet;
import java.util.stream.Stream;

/** Finds {@link ItemProcessor}s by {@link ServiceLoader}: on the worker's class path, and in the jars of a folder. */
public final class Plugins implements AutoCloseable {
  private static final String NAME = "spec.processor.plugin.name";

  private final Path folder;
  private URLClassLoader jars;

  /**
   * Sets up the search; the folder is read when the first plugin is asked for.
   *
   * @param folder of jars; null for the class path only
   */
  public Plugins(Path folder) {
    this.folder = folder;
  }

  /** A new instance of the processor with this name. Throws {@link InvalidProcessorException} that lists the names there are. */
  public ItemProcessor create(String name) {
    TreeSet<String> names = new TreeSet<>();
    List<String> broken = new ArrayList<>();
    ItemProcessor found = null;
    Iterator<ItemProcessor> all = ServiceLoader.load(ItemProcessor.class, loader()).iterator();
    while (found == null && hasNext(all, broken)) {
      try {
        ItemProcessor next = all.next();
        names.add(next.name());
        if (next.name().equals(name)) {
          found = next;
        } else {
          closeUnused(next);
        }
      } catch (ServiceConfigurationError | RuntimeException | LinkageError e) {
        broken.add(e.toString());
      }
    }
    if (found == null) {
      String others = broken.isEmpty() ? "" : "; these could not be loaded: " + broken;
      throw new InvalidProcessorException(NAME, "there is no plugin '" + name + "' " + where() + "; there are " + names + others);
    }
    return found;
  }

  private static boolean hasNext(Iterator<ItemProcessor> all, List<String> broken) {
    while (true) {
      try {
        return all.hasNext();
      } catch (ServiceConfigurationError e) {
        broken.add(e.getMessage());
      }
    }
  }

  private static void closeUnused(ItemProcessor processor) {
    try {
      processor.close();
    } catch (Exception e) {
      throw new IllegalStateException(processor.name() + " cannot be closed: " + e.getMessage(), e);
    }
  }

  private String where() {
    return folder == null ? "on the class path (LONGSHORE_PROCESSORS names no folder)" : "on the class path or in " + folder;
  }

  private synchronized ClassLoader loader() {
    if (folder == null) {
      return ItemProcessor.class.getClassLoader();
    }
    if (jars == null) {
      jars = new URLClassLoader("processors", urls(), ItemProcessor.class.getClassLoader());
    }
    return jars;
  }

  private URL[] urls() {
    if (!Files.isDirectory(folder)) {
      throw new InvalidProcessorException(NAME, "the folder of plugins, " + folder + " (LONGSHORE_PROCESSORS), is not there");
    }
    try (Stream<Path> files = Files.list(folder)) {
      List<Path> found = files.filter(f -> f.toString().endsWith(".jar")).sorted().toList();
      URL[] urls = new URL[found.size()];
      for (int i = 0; i < urls.length; i++) {
        urls[i] = found.get(i).toUri().toURL();
      }
      return urls;
    } catch (MalformedURLException e) {
      throw new IllegalStateException(e);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot list the plugins in " + folder, e);
    }
  }

  @Override
  public synchronized void close() throws IOException {
    if (jars != null) {
      jars.close();
      jars = null;
    }
  }
}
