package dev.longshore.runtime.local;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What {@code longshore run} was asked to do.
 *
 * @param manifests checked, in file order
 * @param embedded memory adapters and workers in this process
 * @param keep stay up when the jobs have ended
 * @param stateFolder where broker and ledger live on; empty for a temporary one
 * @param resultsFile where the results of a single job go; empty for {@code longshore-results/<job>.ndjson}
 * @param broker a broker's URL in place of a private instance
 * @param redis a store's URL in place of a private instance
 * @param context a kubeconfig context in place of a local API
 * @param again the command line that goes on with the kept state
 */
public record RunRequest(Manifests manifests, boolean embedded, boolean keep, Optional<Path> stateFolder, Optional<Path> resultsFile,
    Optional<String> broker, Optional<String> redis, Optional<String> context, List<String> again) {}
