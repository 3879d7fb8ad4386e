package io.millrace.api.acls;

import io.millrace.api.RequestContext;
import io.millrace.api.RequestHandler;
import org.apache.kafka.common.message.DescribeAclsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;

/**
 * DescribeAcls: SECURITY_DISABLED, by which clients such as MirrorMaker 2 know that there are none.
 *
 * <p>Owner: any thread.
 */
public final class DescribeAclsHandler implements RequestHandler {
  @Override
  public ApiKeys key() {
    return ApiKeys.DESCRIBE_ACLS;
  }

  @Override
  public void handle(RequestContext context, ApiMessage message) {
    context.reply(
        new DescribeAclsResponseData()
            .setErrorCode(NoAuthorizer.ERROR)
            .setErrorMessage(NoAuthorizer.MESSAGE));
  }
}
