package io.millrace.controller;

import io.millrace.controller.state.BrokerSessions;
import io.millrace.controller.state.ClusterDefaults;
import io.millrace.controller.state.ConfigConsequences;
import io.millrace.controller.state.Elections;
import io.millrace.controller.state.Failover;
import io.millrace.controller.state.FeatureUpdates;
import io.millrace.controller.state.Heartbeats;
import io.millrace.controller.state.InternalTopics;
import io.millrace.controller.state.IsrChanges;
import io.millrace.controller.state.LeaderBalance;
import io.millrace.controller.state.PartitionAddition;
import io.millrace.controller.state.Reassignments;
import io.millrace.controller.state.Registrations;
import io.millrace.controller.state.ReplicaReports;
import io.millrace.controller.state.TopicCreation;
import io.millrace.controller.state.TopicPolicies;
import io.millrace.controller.state.UncleanRecovery;
import io.millrace.controller.state.Unregistration;
import java.util.Random;

/**
 * The rules by which one controller decides.
 *
 * <p>Owner: controller context.
 */
record Rules(
    BrokerSessions sessions,
    Failover failover,
    Registrations registrations,
    Heartbeats heartbeats,
    IsrChanges isrChanges,
    ReplicaReports replicaReports,
    UncleanRecovery recovery,
    Elections elections,
    LeaderBalance balance,
    Reassignments reassignments,
    Unregistration unregistration,
    FeatureUpdates features,
    InternalTopics internalTopics,
    ConfigConsequences consequences,
    ClusterDefaults clusterDefaults,
    TopicCreation creation,
    PartitionAddition addition) {

  static Rules of(ControllerConfig config, ConfigRules configs, Random random) {
    ClusterConfig cluster = config.cluster();
    TopicPolicies policies = new TopicPolicies(configs);
    BrokerSessions sessions = new BrokerSessions(cluster.sessionTimeoutMs());
    Failover failover = new Failover(policies);
    UncleanRecovery recovery = new UncleanRecovery(policies);
    return new Rules(
        sessions,
        failover,
        new Registrations(failover),
        new Heartbeats(failover, sessions, config.nodeId()),
        new IsrChanges(policies),
        new ReplicaReports(policies),
        recovery,
        new Elections(policies, recovery),
        new LeaderBalance(policies, cluster.balancePercentage()),
        new Reassignments(policies),
        new Unregistration(policies),
        new FeatureUpdates(cluster.features()),
        new InternalTopics(cluster.internalReplicas()),
        new ConfigConsequences(policies),
        new ClusterDefaults(configs),
        new TopicCreation(config, configs, random),
        new PartitionAddition(configs, random));
  }
}
