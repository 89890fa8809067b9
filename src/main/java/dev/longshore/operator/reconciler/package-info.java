/** The reconcilers, one package for each kind. */
package dev.longshore.operator.reconciler;
