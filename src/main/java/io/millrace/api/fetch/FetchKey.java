package io.millrace.api.fetch;

import io.millrace.model.TopicId;

/**
 * How a Fetch names a partition: by topic id from version 13 on (name null), by name before (id
 * zero).
 *
 * <p>Owner: immutable.
 */
record FetchKey(TopicId topicId, String topic, int partition) {}
