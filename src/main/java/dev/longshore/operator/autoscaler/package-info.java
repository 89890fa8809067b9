/** How many workers a pool needs and which of them go: collect, evaluate, execute, realize. Nothing in here knows Kubernetes. */
package dev.longshore.operator.autoscaler;
