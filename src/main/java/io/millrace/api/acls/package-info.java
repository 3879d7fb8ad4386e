/** Access control lists as clients ask for them: there is no authorizer yet, and this says so. */
package io.millrace.api.acls;
