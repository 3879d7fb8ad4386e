package io.millrace.cli.partitions;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.cli.CommandFailure;
import io.millrace.cli.ExitCode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;

/**
 * Which brokers partitions are to have, in the form of Kafka's kafka-reassign-partitions: {@code
 * {"version": 1, "partitions": [{"topic": "a", "partition": 0, "replicas": [1, 2]}]}}.
 *
 * <p>Owner: any thread.
 */
final class Plan {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private Plan() {}

  /**
   * Reads a plan.
   *
   * @throws CommandFailure when there is no such file, or it is no plan
   */
  static Map<TopicPartition, List<Integer>> read(Path file) {
    try {
      return parse(Files.readString(file, StandardCharsets.UTF_8));
    } catch (NoSuchFileException e) {
      throw new CommandFailure(ExitCode.NOT_FOUND, "no such file: " + file, e);
    } catch (JsonProcessingException e) {
      throw new CommandFailure(ExitCode.USAGE, file + " is no JSON: " + e.getOriginalMessage(), e);
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(ExitCode.USAGE, file + ": " + e.getMessage(), e);
    } catch (IOException e) {
      throw new CommandFailure(ExitCode.FAILED, "cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  static Map<TopicPartition, List<Integer>> parse(String text) throws JsonProcessingException {
    JsonNode root = MAPPER.readTree(text);
    JsonNode partitions = root.get("partitions");
    if (root.path("version").asInt(1) != 1) {
      throw new IllegalArgumentException("version is " + root.get("version") + ", allowed: 1");
    }
    if (partitions == null || !partitions.isArray()) {
      throw new IllegalArgumentException("it has no list \"partitions\"");
    }
    Map<TopicPartition, List<Integer>> plan = new LinkedHashMap<>();
    for (JsonNode one : partitions) {
      JsonNode topic = one.get("topic");
      JsonNode index = one.get("partition");
      JsonNode replicas = one.get("replicas");
      if (topic == null || index == null || !index.isInt()) {
        throw new IllegalArgumentException(one + " names no topic and partition");
      }
      TopicPartition partition = new TopicPartition(topic.asText(), index.asInt());
      if (plan.put(partition, brokers(partition, replicas)) != null) {
        throw new IllegalArgumentException(partition + " is there twice");
      }
    }
    return plan;
  }

  private static List<Integer> brokers(TopicPartition partition, JsonNode replicas) {
    List<Integer> brokers = new ArrayList<>();
    if (replicas != null) {
      for (JsonNode broker : replicas) {
        if (!broker.isInt()) {
          throw new IllegalArgumentException(
              partition + " has the replica " + broker + ", which is no broker's id");
        }
        brokers.add(broker.asInt());
      }
    }
    if (brokers.isEmpty()) {
      throw new IllegalArgumentException(partition + " has no replicas");
    }
    return brokers;
  }

  /** A plan for people, Kafka's tool and {@link #read}. */
  static Map<String, ?> json(Map<TopicPartition, List<Integer>> plan) {
    List<Map<String, ?>> partitions = new ArrayList<>();
    plan.forEach(
        (partition, replicas) -> {
          Map<String, Object> one = new LinkedHashMap<>();
          one.put("topic", partition.topic());
          one.put("partition", partition.partition());
          one.put("replicas", replicas);
          partitions.add(one);
        });
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("version", 1);
    root.put("partitions", partitions);
    return root;
  }
}
