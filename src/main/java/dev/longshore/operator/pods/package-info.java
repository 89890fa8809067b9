/** Worker pods: what may stand in a template, what Longshore adds, and how a pod stands. */
package dev.longshore.operator.pods;
