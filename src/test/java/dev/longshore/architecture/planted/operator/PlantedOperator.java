package dev.longshore.architecture.planted.operator;

/** What a worker may not import. */
public class PlantedOperator {}
