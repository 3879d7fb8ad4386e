/** How nodes become a cluster for the first time: rules without input, output and time. */
package io.millrace.cluster.state;
