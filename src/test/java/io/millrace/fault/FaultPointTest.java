package io.millrace.fault;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaFieldAccess;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class FaultPointTest {
  @Test
  void shouldHaveEveryPointInTheCode() {
    JavaClass points =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.millrace")
            .get(FaultPoint.class);

    Set<String> used =
        points.getFieldAccessesToSelf().stream()
            .filter(access -> !access.getOriginOwner().equals(points))
            .map(JavaFieldAccess::getTarget)
            .map(field -> field.getName())
            .collect(Collectors.toSet());

    assertThat(used)
        .containsExactlyInAnyOrderElementsOf(
            Stream.of(FaultPoint.values()).map(Enum::name).toList());
  }

  @Test
  void shouldGoOnWhereNothingIsChosen() {
    Stream.of(FaultPoint.values()).forEach(FaultPoint::reached);
  }
}
