/** What the operator knows of its active jobs, read from ledger and broker once a second. */
package dev.longshore.operator.progress;
