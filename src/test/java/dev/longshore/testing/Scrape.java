package dev.longshore.testing;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What was read from {@code /q/metrics}, of one process or of several. */
public record Scrape(List<Sample> samples) {
  private static final Pattern LINE = Pattern.compile("(?<name>[a-zA-Z_:][\\w:]*)(\\{(?<labels>.*)})? (?<value>\\S+)( \\S+)?");
  private static final Pattern LABEL = Pattern.compile("(\\w+)=\"((?:[^\"\\\\]|\\\\.)*)\"");

  /** One value of one series. */
  public record Sample(String name, Map<String, String> labels, double value) {}

  /** Reads Prometheus' text. */
  public static Scrape of(String text) {
    List<Sample> samples = new ArrayList<>();
    for (String line : text.lines().toList()) {
      Matcher matcher = LINE.matcher(line);
      if (!line.startsWith("#") && matcher.matches()) {
        Map<String, String> labels = new HashMap<>();
        Matcher label = LABEL.matcher(matcher.group("labels") == null ? "" : matcher.group("labels"));
        while (label.find()) {
          labels.put(label.group(1), label.group(2));
        }
        String value = matcher.group("value");
        samples.add(new Sample(matcher.group("name"), labels, value.equals("+Inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(value)));
      }
    }
    return new Scrape(List.copyOf(samples));
  }

  public Scrape and(Scrape other) {
    List<Sample> all = new ArrayList<>(samples);
    all.addAll(other.samples());
    return new Scrape(all);
  }

  public Set<String> names() {
    return samples.stream().map(Sample::name).collect(Collectors.toSet());
  }

  /** The sum over all series of this name that have these labels, given as {@code name=value}; 0 when there is none. */
  public double sum(String name, String... labels) {
    Predicate<Sample> fits = sample -> sample.name().equals(name);
    for (String label : labels) {
      String[] parts = label.split("=", 2);
      fits = fits.and(sample -> parts[1].equals(sample.labels().get(parts[0])));
    }
    return samples.stream().filter(fits).mapToDouble(Sample::value).sum();
  }
}
