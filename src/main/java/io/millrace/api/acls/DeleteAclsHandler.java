package io.millrace.api.acls;

import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import org.apache.kafka.common.message.DeleteAclsRequestData;
import org.apache.kafka.common.message.DeleteAclsResponseData;
import org.apache.kafka.common.message.DeleteAclsResponseData.DeleteAclsFilterResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;

/**
 * DeleteAcls: SECURITY_DISABLED for each filter.
 *
 * <p>Owner: any thread.
 */
public final class DeleteAclsHandler implements RequestHandler {
  @Override
  public ApiKeys key() {
    return ApiKeys.DELETE_ACLS;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    DeleteAclsResponseData response = new DeleteAclsResponseData();
    ((DeleteAclsRequestData) message)
        .filters()
        .forEach(
            filter ->
                response
                    .filterResults()
                    .add(
                        new DeleteAclsFilterResult()
                            .setErrorCode(NoAuthorizer.ERROR)
                            .setErrorMessage(NoAuthorizer.MESSAGE)));
    context.reply(response);
  }
}
