package io.millrace.cluster;

import io.millrace.log.FileIo;
import io.millrace.quorum.Formation;
import io.millrace.quorum.FormationFile;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.Objects;

/**
 * The file {@code formation} beside the metadata log.
 *
 * <p>Owner: any thread, one call at a time.
 */
public final class FormationFiles implements FormationStore {
  private final Vertx vertx;
  private final FileIo io;
  private final Path directory;

  /**
   * @param directory that of the metadata log; may be missing
   */
  public FormationFiles(Vertx vertx, FileIo io, Path directory) {
    this.vertx = Objects.requireNonNull(vertx);
    this.io = Objects.requireNonNull(io);
    this.directory = Objects.requireNonNull(directory);
  }

  @Override
  public Future<Formation> read() {
    return vertx.executeBlocking(
        () -> {
          Formation signed = FormationFile.read(directory);
          if (signed != null) {
            // The last run may have ended between the rename and this.
            io.fsyncDirectory(directory);
          }
          return signed;
        });
  }

  @Override
  public Future<Void> write(Formation formation) {
    return vertx.executeBlocking(() -> FormationFile.write(io, directory, formation)).mapEmpty();
  }
}
