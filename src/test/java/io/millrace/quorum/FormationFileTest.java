package io.millrace.quorum;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.log.SystemFileIo;
import io.millrace.model.VoterId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FormationFileTest {
  private static final VoterId ONE = new VoterId(1, new UUID(1, 2));
  private static final VoterId TWO = new VoterId(2, new UUID(3, 4));
  private static final Formation PROPOSAL = new Formation("cluster-a", Set.of(ONE, TWO), false);

  @TempDir Path temp;
  private Path directory;

  @BeforeEach
  void chooseDirectory() {
    directory = temp.resolve(QuorumConfig.DIRECTORY);
  }

  private Formation write(Formation formation) throws IOException {
    return FormationFile.write(SystemFileIo.INSTANCE, directory, formation);
  }

  @Test
  void shouldBeNothingBeforeItIsSigned() throws IOException {
    assertThat(FormationFile.read(directory)).isNull();
  }

  @Test
  void shouldReadBackWhatWasSigned() throws IOException {
    write(PROPOSAL);
    assertThat(FormationFile.read(directory)).isEqualTo(PROPOSAL);
  }

  @Test
  void shouldBeText() throws IOException {
    write(PROPOSAL);
    assertThat(directory.resolve(FormationFile.NAME))
        .hasContent(
            """
            version=0
            clusterId=cluster-a
            voters=1-AAAAAAAAAAEAAAAAAAAAAg,2-AAAAAAAAAAMAAAAAAAAABA
            confirmed=false
            """);
  }

  @Test
  void shouldSignOnlyOneProposal() throws IOException {
    write(PROPOSAL);
    assertThatThrownBy(() -> write(new Formation("cluster-b", Set.of(ONE, TWO), false)))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> write(new Formation("cluster-a", Set.of(ONE), true)))
        .isInstanceOf(IllegalStateException.class);
    assertThat(FormationFile.read(directory)).isEqualTo(PROPOSAL);
  }

  @Test
  void shouldStayConfirmed() throws IOException {
    write(PROPOSAL);
    write(PROPOSAL.confirm());
    assertThat(write(PROPOSAL).confirmed()).isTrue();
    assertThat(FormationFile.read(directory)).isEqualTo(PROPOSAL.confirm());
  }

  @Test
  void shouldRefuseADamagedFile() throws IOException {
    write(PROPOSAL);
    Path file = directory.resolve(FormationFile.NAME);
    String text = Files.readString(file);
    for (String damaged :
        new String[] {
          "",
          text.replace("version=0", "version=7"),
          text.replace("confirmed=false", "confirmed="),
          text.replace("1-AAAAAAAAAAEAAAAAAAAAAg,", ","),
          text.replace("clusterId=cluster-a", "clusterId=")
        }) {
      Files.writeString(file, damaged);
      assertThatThrownBy(() -> FormationFile.read(directory))
          .isInstanceOf(MetadataLogException.class)
          .hasMessageContaining(FormationFile.NAME);
    }
  }
}
