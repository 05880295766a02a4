package dev.millrace.architecture.broken.common;

/** A package of no subject. */
public final class Anything {}
