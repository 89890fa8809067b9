package dev.longshore.operator.forecast;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longshore.operator.forecast.HeldOutJobs.Drawn;
import dev.longshore.operator.forecast.HeldOutJobs.Family;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * How good the forecast is on jobs that it was not made with ({@link HeldOutJobs}): 100 of each family, looked at when a tenth, a quarter,
 * a half and three quarters of the items are final. Of the looks at which there is a forecast, the p90 is asked to lie at or after the true
 * end in at least 85 of 100, and to be at most 1.5 times it in 85 of 100, both counted from the job's start, as the end itself is.
 *
 * <p>The stricter reading, that the p90 of the time left be at most 1.5 times the true time left, is in the table but not asked for: near
 * the end of a job the last item alone moves the time left by that much, whoever foretells it, and a forecast that is right but for some
 * seconds of an hour would have to be withheld.
 *
 * <p>All families together hold at each look, and those whose times do not move hold each by itself. One that moves holds by itself from
 * where its movement can have shown ({@link Family#from}): before that, times that are going to double and times that are going to halve
 * look alike, and no forecast that covers the first 85 times is within 1.5 times of the second 85 times.
 */
class HeldOutForecastTest {
  private static final int RUNS = 100;
  private static final double ASKED = 85;
  private static final double[] LOOKS = {0.1, 0.25, 0.5, 0.75};
  /** A share of fewer forecasts says nothing. */
  private static final int FEWEST = 20;
  private static final List<Look> SEEN = new ArrayList<>();

  /** One look at one job; the forecast is of its whole time, in seconds. */
  private record Look(Family family, double at, double now, double end, double p50, double p90) {
    boolean covered() {
      return p90 >= end;
    }

    boolean close() {
      return p90 <= 1.5 * end;
    }

    boolean strictlyClose() {
      return p90 - now <= 1.5 * (end - now);
    }
  }

  /** Of some looks. */
  private record Score(int forecasts, double covered, double close, double strictlyClose, double medianP50) {
    static Score of(Predicate<Look> which) {
      List<Look> looks = SEEN.stream().filter(which).toList();
      double[] p50 = looks.stream().mapToDouble(look -> look.p50() / look.end()).sorted().toArray();
      return new Score(looks.size(), percent(looks, Look::covered), percent(looks, Look::close), percent(looks, Look::strictlyClose),
          p50.length == 0 ? Double.NaN : p50[p50.length / 2]);
    }

    private static double percent(List<Look> looks, Predicate<Look> which) {
      return 100d * looks.stream().filter(which).count() / looks.size();
    }

    boolean holds() {
      return covered >= ASKED && close >= ASKED && medianP50 >= 0.85 && medianP50 <= 1.15;
    }

    String row(String name, double at) {
      return String.format("%-48s %3.0f %%  %4d given, covered %3.0f %%, within 1.5 %3.0f %% (of the time left %3.0f %%), median %.2f%n",
          name, at * 100, forecasts, covered, close, strictlyClose, medianP50);
    }
  }

  @BeforeAll
  static void simulate() {
    HeldOutJobs.families().forEach(family -> {
      for (int run = 0; run < RUNS; run++) {
        watch(family, HeldOutJobs.draw(family, run));
      }
    });
  }

  private static void watch(Family family, Drawn drawn) {
    EndEstimator estimator = new EndEstimator();
    int[] next = {0};
    drawn.job().watch(sample -> {
      estimator.sample(sample);
      for (; next[0] < LOOKS.length && sample.finished() >= LOOKS[next[0]] * drawn.items(); next[0]++) {
        double now = SimulatedJob.secondsOf(sample);
        Optional<TimeLeft> left = estimator.timeLeft();
        if (left.isPresent()) {
          SEEN.add(new Look(family, LOOKS[next[0]], now, drawn.job().end(), now + left.get().p50().toMillis() / 1e3,
              now + left.get().p90().toMillis() / 1e3));
        }
      }
    });
  }

  @Test
  void eachFamilyHoldsFromWhereItCanBeTold() {
    assertThat(HeldOutJobs.families().flatMap(family -> Stream.of(0, 1, 2, 3).filter(i -> LOOKS[i] >= family.from()).flatMap(i -> {
      Score score = of(family, LOOKS[i]);
      return score.forecasts() < FEWEST || score.holds() ? Stream.empty() : Stream.of(score.row(family.name(), LOOKS[i]));
    }))).as(HeldOutForecastTest::table).isEmpty();
  }

  @Test
  void allFamiliesTogetherHoldAtEachLook() {
    for (double at : LOOKS) {
      Score all = Score.of(look -> look.at() == at);
      assertThat(all.covered()).as(all.row("all", at)).isGreaterThanOrEqualTo(ASKED);
      assertThat(all.close()).as(all.row("all", at)).isGreaterThanOrEqualTo(ASKED);
    }
  }

  /** A forecast that is never made is never wrong. */
  @Test
  void mostJobsHaveOneFromHalfOn() {
    long jobs = HeldOutJobs.families().count() * RUNS;
    assertThat(Score.of(look -> look.at() == 0.25).forecasts()).as(HeldOutForecastTest::table).isGreaterThan((int) (jobs * 0.35));
    assertThat(Score.of(look -> look.at() == 0.5).forecasts()).isGreaterThan((int) (jobs * 0.55));
    assertThat(Score.of(look -> look.at() == 0.75).forecasts()).isGreaterThan((int) (jobs * 0.7));
  }

  private static Score of(Family family, double at) {
    return Score.of(look -> look.family().name().equals(family.name()) && look.at() == at);
  }

  /** All that was seen, for a failure's message. */
  private static String table() {
    StringBuilder text = new StringBuilder("\n");
    for (Family family : HeldOutJobs.families().toList()) {
      for (double at : LOOKS) {
        text.append(of(family, at).row(family.name(), at));
      }
    }
    for (double at : LOOKS) {
      text.append(Score.of(look -> look.at() == at).row("all", at));
    }
    return text.toString();
  }
}
