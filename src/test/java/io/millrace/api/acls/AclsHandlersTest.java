package io.millrace.api.acls;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.RequestHandler;
import io.millrace.api.TestImage;
import io.millrace.api.TestRequest;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.message.CreateAclsRequestData;
import org.apache.kafka.common.message.CreateAclsRequestData.AclCreation;
import org.apache.kafka.common.message.CreateAclsResponseData;
import org.apache.kafka.common.message.CreateAclsResponseData.AclCreationResult;
import org.apache.kafka.common.message.DeleteAclsRequestData;
import org.apache.kafka.common.message.DeleteAclsRequestData.DeleteAclsFilter;
import org.apache.kafka.common.message.DeleteAclsResponseData;
import org.apache.kafka.common.message.DeleteAclsResponseData.DeleteAclsFilterResult;
import org.apache.kafka.common.message.DescribeAclsRequestData;
import org.apache.kafka.common.message.DescribeAclsResponseData;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourceType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@SuppressWarnings("TypeParameterUnusedInFormals") // as in TestRequest
class AclsHandlersTest {
  private static final AccessControlEntry EVERYTHING =
      new AccessControlEntry("User:ann", "*", AclOperation.ALL, AclPermissionType.ALLOW);

  static IntStream versions() {
    RequestHandler handler = new DescribeAclsHandler();
    return IntStream.rangeClosed(handler.minVersion(), handler.maxVersion());
  }

  private static <T extends ApiMessage> T ask(
      RequestHandler handler, int version, ApiMessage request) {
    return TestRequest.ask(handler, TestImage.ofOne(), version, request);
  }

  @ParameterizedTest
  @MethodSource("versions")
  void shouldSayThatNothingIsProtected(int version) {
    DescribeAclsResponseData response =
        ask(
            new DescribeAclsHandler(),
            version,
            new DescribeAclsRequestData()
                .setResourceTypeFilter(ResourceType.ANY.code())
                .setPatternTypeFilter(PatternType.LITERAL.code())
                .setOperation(AclOperation.ANY.code())
                .setPermissionType(AclPermissionType.ANY.code()));

    assertThat(Errors.forCode(response.errorCode())).isEqualTo(Errors.SECURITY_DISABLED);
    assertThat(response.resources()).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("versions")
  void shouldRefuseEachAcl(int version) {
    CreateAclsResponseData response =
        ask(
            new CreateAclsHandler(),
            version,
            new CreateAclsRequestData()
                .setCreations(Stream.of("a", "b").map(AclsHandlersTest::creation).toList()));

    assertThat(response.results())
        .hasSize(2)
        .extracting(AclCreationResult::errorCode)
        .containsOnly(Errors.SECURITY_DISABLED.code());
  }

  @ParameterizedTest
  @MethodSource("versions")
  void shouldRefuseEachFilter(int version) {
    DeleteAclsFilter filter =
        new DeleteAclsFilter()
            .setResourceTypeFilter(ResourceType.TOPIC.code())
            .setPatternTypeFilter(PatternType.LITERAL.code())
            .setOperation(AclOperation.ANY.code())
            .setPermissionType(AclPermissionType.ANY.code());
    DeleteAclsResponseData response =
        ask(
            new DeleteAclsHandler(),
            version,
            new DeleteAclsRequestData().setFilters(List.of(filter, filter.duplicate())));

    assertThat(response.filterResults())
        .hasSize(2)
        .extracting(DeleteAclsFilterResult::errorCode)
        .containsOnly(Errors.SECURITY_DISABLED.code());
  }

  private static AclCreation creation(String topic) {
    return new AclCreation()
        .setResourceType(ResourceType.TOPIC.code())
        .setResourceName(topic)
        .setResourcePatternType(PatternType.LITERAL.code())
        .setPrincipal(EVERYTHING.principal())
        .setHost(EVERYTHING.host())
        .setOperation(EVERYTHING.operation().code())
        .setPermissionType(EVERYTHING.permissionType().code());
  }
}
