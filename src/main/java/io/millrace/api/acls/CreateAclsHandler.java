package io.millrace.api.acls;

import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import org.apache.kafka.common.message.CreateAclsRequestData;
import org.apache.kafka.common.message.CreateAclsResponseData;
import org.apache.kafka.common.message.CreateAclsResponseData.AclCreationResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;

/**
 * CreateAcls: SECURITY_DISABLED for each, so that nobody takes a resource to be protected.
 *
 * <p>Owner: any thread.
 */
public final class CreateAclsHandler implements RequestHandler {
  @Override
  public ApiKeys key() {
    return ApiKeys.CREATE_ACLS;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    CreateAclsResponseData response = new CreateAclsResponseData();
    ((CreateAclsRequestData) message)
        .creations()
        .forEach(
            creation ->
                response
                    .results()
                    .add(
                        new AclCreationResult()
                            .setErrorCode(NoAuthorizer.ERROR)
                            .setErrorMessage(NoAuthorizer.MESSAGE)));
    context.reply(response);
  }
}
