/** The status of resources: planned as values, written by one class. */
package dev.longshore.operator.status;
