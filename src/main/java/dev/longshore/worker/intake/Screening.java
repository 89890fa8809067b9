package dev.longshore.worker.intake;

import dev.longshore.expression.IdentityExpression;
import dev.longshore.expression.InvalidExpressionException;
import dev.longshore.job.Chunk;
import dev.longshore.job.Failure;
import dev.longshore.job.IndexSet;
import dev.longshore.job.JobRef;
import dev.longshore.job.JobSpec;
import dev.longshore.job.JobSpec.DedupScope;
import dev.longshore.source.SourceException;
import dev.longshore.store.Identities;
import dev.longshore.store.Identities.Identified;
import dev.longshore.store.Settlement.Failed;
import dev.longshore.worker.access.JobAccess;
import dev.longshore.worker.intake.ChunkBuilder.Piece;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.Function;
import org.jboss.logging.Logger;

/**
 * Leaves items out before they are published: what an earlier job has done, what another item is the same as, and in a dry run everything.
 * What is left out is settled as skipped and says why. It answers the same when the same items are read again.
 */
final class Screening {
  private static final Logger LOG = Logger.getLogger(Screening.class);
  private static final int DIGEST_BYTES = 16;

  private final JobAccess access;
  private final JobSpec spec;
  private final IdentityExpression identity;
  private final JobRef earlier;

  private Screening(JobAccess access, JobSpec spec, IdentityExpression identity, JobRef earlier) {
    this.access = access;
    this.spec = spec;
    this.identity = identity;
    this.earlier = earlier;
  }

  /** Throws when the job is to go on from one that nobody knows. */
  static Screening open(JobAccess access, JobSpec spec) throws SourceException {
    if (spec.identity() == null) {
      return new Screening(access, spec, null, null);
    }
    ask(access, identities -> {
      identities.register(access.job());
      return null;
    });
    JobRef earlier = null;
    if (spec.resumeFrom() != null) {
      earlier = ask(access, identities -> identities.earlier(access.job(), spec.resumeFrom()))
          .orElseThrow(() -> new SourceException(SourceException.Reason.INVALID, "spec.resumeFrom.job: no job " + spec.resumeFrom()
              + " with item.identity is known in this namespace: it has never run, or its results.retention is over. Name another, or leave"
              + " resumeFrom out to do all items"));
    }
    return new Screening(access, spec, compiled(access, spec), earlier);
  }

  private static IdentityExpression compiled(JobAccess access, JobSpec spec) throws SourceException {
    try {
      return IdentityExpression.compile(spec.identity(),
          problem -> LOG.warnf("job=%s state=without-identity reason=\"%s\"", access.job(), problem));
    } catch (InvalidExpressionException e) {
      throw new SourceException(SourceException.Reason.INVALID, "spec.item.identity: " + e.getMessage(), e);
    }
  }

  private static <T> T ask(JobAccess access, Function<Identities, T> question) {
    return access.ledger(ledger -> question.apply(ledger.identities()));
  }

  private <T> T ask(Function<Identities, T> question) {
    return ask(access, question);
  }

  /** The pieces with their skipped items taken out of the chunks. */
  List<Piece> screen(List<Piece> pieces) {
    return identity == null && !spec.validateOnly() ? pieces : pieces.stream().map(this::screen).toList();
  }

  Piece screen(Piece piece) {
    if (piece.chunk() == null || identity == null && !spec.validateOnly()) {
      return piece;
    }
    Map<Long, Failure> out = new TreeMap<>();
    if (identity != null) {
      List<Identified> open = identified(piece.chunk());
      open = earlier == null || open.isEmpty() ? open : withoutDone(open, out);
      if (!open.isEmpty()) {
        findDuplicates(open, out);
      }
    }
    if (spec.validateOnly()) {
      piece.chunk().indexes().forEach(index -> out.putIfAbsent(index, new Failure("DryRun", "read and checked, not processed")));
    }
    return out.isEmpty() ? piece : without(piece, out);
  }

  private List<Identified> identified(Chunk chunk) {
    List<Identified> found = new ArrayList<>(chunk.items().size());
    int[] at = {0};
    chunk.indexes().forEach(index ->
        identity.of(chunk.items().get(at[0]++)).ifPresent(text -> found.add(new Identified(index, digest(text)))));
    return found;
  }

  private List<Identified> withoutDone(List<Identified> items, Map<Long, Failure> out) {
    List<OptionalLong> done = ask(identities -> identities.done(earlier, items));
    List<Identified> open = new ArrayList<>();
    List<Identified> resumed = new ArrayList<>();
    for (int i = 0; i < items.size(); i++) {
      if (done.get(i).isPresent()) {
        resumed.add(items.get(i));
        out.put(items.get(i).index(),
            new Failure("Resumed", "done as item " + done.get(i).getAsLong() + " of job " + earlier.name()));
      } else {
        open.add(items.get(i));
      }
    }
    if (!resumed.isEmpty()) {
      ask(identities -> {
        identities.recordDone(access.job(), resumed);
        return null;
      });
    }
    return open;
  }

  private void findDuplicates(List<Identified> items, Map<Long, Failure> out) {
    // in a dry run everything ends as skipped, and yet the first of equal items is the one that counts
    boolean firstStays = spec.validateOnly();
    List<Long> firsts = ask(identities -> identities.record(access.job(), items, firstStays));
    JobSpec.Deduplication wanted = spec.deduplication();
    if (wanted == null) {
      return;
    }
    if (wanted.scope() == DedupScope.JOB) {
      for (int i = 0; i < items.size(); i++) {
        duplicate(items.get(i), access.job().uid(), access.job().name(), firsts.get(i), out);
      }
      return;
    }
    List<Identities.Owner> owners =
        ask(identities -> identities.claim(access.job(), wanted.scope(), wanted.window(), items, firstStays));
    for (int i = 0; i < items.size(); i++) {
      duplicate(items.get(i), owners.get(i).uid(), owners.get(i).job(), owners.get(i).index(), out);
    }
  }

  private void duplicate(Identified item, String uid, String job, long index, Map<Long, Failure> out) {
    boolean here = uid.equals(access.job().uid());
    if (!here || index != item.index()) {
      out.put(item.index(), new Failure("Duplicate", "same identity as item " + index + (here ? "" : " of job " + job)));
    }
  }

  private static Piece without(Piece piece, Map<Long, Failure> out) {
    Map<Long, Failure> skipped = new TreeMap<>(out);
    Map<Long, byte[]> raw = new TreeMap<>();
    for (int i = 0; i < piece.skipped().size(); i++) {
      skipped.put(piece.skipped().get(i).index(), piece.skipped().get(i).failure());
      raw.put(piece.skipped().get(i).index(), piece.raw().get(i));
    }
    IndexSet.Builder kept = new IndexSet.Builder();
    int[] at = {0};
    piece.chunk().indexes().forEach(index -> {
      byte[] json = piece.chunk().items().get(at[0]++);
      if (out.containsKey(index)) {
        raw.put(index, json);
      } else {
        kept.add(index);
      }
    });
    IndexSet rest = kept.build();
    List<Failed> all = new ArrayList<>();
    skipped.forEach((index, failure) -> all.add(new Failed(index, failure)));
    return new Piece(rest.isEmpty() ? null : piece.chunk().part(rest, piece.chunk().attempt()), all, List.copyOf(raw.values()), piece.end());
  }

  private static String digest(String identity) {
    try {
      byte[] whole = MessageDigest.getInstance("SHA-256").digest(identity.getBytes(StandardCharsets.UTF_8));
      return Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(whole, DIGEST_BYTES));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
