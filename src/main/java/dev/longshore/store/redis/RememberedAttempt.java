package dev.longshore.store.redis;

import dev.longshore.job.Failure;
import dev.longshore.store.Ledger.PastAttempt;
import dev.longshore.store.Settlement;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;

/** A failed attempt as it stands in Redis, a line each: the time, which the script puts before it, a space, and this as JSON. */
record RememberedAttempt(int attempt, String worker, String code, String message) {

  static byte[] line(Settlement settlement, Failure failure) {
    // the record cuts the message
    Failure cut = new PastAttempt(settlement.attempt(), failure, settlement.holder(), Instant.EPOCH).failure();
    return StoredJson.write(new RememberedAttempt(settlement.attempt(), settlement.holder(), cut.code(), cut.message()));
  }

  static List<PastAttempt> read(String lines) {
    return lines.lines().map(line -> {
      int space = line.indexOf(' ');
      RememberedAttempt past = StoredJson.read(line.substring(space + 1).getBytes(StandardCharsets.UTF_8), RememberedAttempt.class);
      return new PastAttempt(past.attempt, new Failure(past.code, past.message), past.worker,
          Instant.ofEpochMilli(Long.parseLong(line.substring(0, space))));
    }).toList();
  }
}
