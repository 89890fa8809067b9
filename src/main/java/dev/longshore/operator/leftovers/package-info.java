/** What a clean-up leaves behind that gives way because a service is away: remembered beside the lease, swept when the service is back. */
package dev.longshore.operator.leftovers;
