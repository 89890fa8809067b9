package dev.longshore.operator.pods;

import java.util.random.RandomGenerator;

/** Names pods as Kubernetes controllers do: the pool's name and five characters that spell no words. */
public final class PodNames {
  private static final String ALPHABET = "bcdfghjklmnpqrstvwxz2456789";

  private final RandomGenerator random;

  public PodNames(RandomGenerator random) {
    this.random = random;
  }

  public synchronized String next(String pool) {
    StringBuilder name = new StringBuilder(pool).append('-');
    for (int i = 0; i < 5; i++) {
      name.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
    }
    return name.toString();
  }
}
