/** When a job is going to end, told from its counts and its workers; knows no Kubernetes and no store. */
package dev.longshore.operator.forecast;
