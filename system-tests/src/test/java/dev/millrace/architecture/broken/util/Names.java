package dev.millrace.architecture.broken.util;

/** A package of no subject, and names that say nothing. */
public final class Names {

  static final class DigestUtil {}

  static final class DigestUtils {}

  static final class DigestHelper {}

  static final class DigestManager {}

  static final class DigestImpl {}
}
