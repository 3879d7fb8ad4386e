package io.millrace.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TransactionIndexFileTest {
  private static final TransactionIndexFile.Entry ONE = new TransactionIndexFile.Entry(1, 2, 3, 4);
  private static final TransactionIndexFile.Entry TWO = new TransactionIndexFile.Entry(5, 6, 7, 8);

  @TempDir Path path;

  @Test
  void shouldKeepWhatIsThereUntilTheNewEntriesAreWritten() throws Exception {
    FaultyFileIo io = new FaultyFileIo();
    Path file = SegmentNames.file(path, 0, SegmentNames.TRANSACTION_INDEX);
    TransactionIndexFile.save(io, path, 0, List.of(ONE));
    io.failOnce(FaultyFileIo.Operation.WRITE, FaultyFileIo.any(), FaultyFileIo.inputOutputError());

    assertThatThrownBy(() -> TransactionIndexFile.save(io, path, 0, List.of(ONE, TWO)))
        .isInstanceOf(IOException.class);

    assertThat(TransactionIndexFile.read(io, file)).containsExactly(ONE);
    TransactionIndexFile.save(io, path, 0, List.of(ONE, TWO));
    assertThat(TransactionIndexFile.read(io, file)).containsExactly(ONE, TWO);
  }
}
