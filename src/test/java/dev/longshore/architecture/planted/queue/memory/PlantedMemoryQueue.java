package dev.longshore.architecture.planted.queue.memory;

/** What a worker may not know. */
public class PlantedMemoryQueue {}
