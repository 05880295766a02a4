package dev.millrace.execution.admin;

/**
 * A pattern as in file names: {@code *} is any text, {@code ?} any one character, all else itself.
 * Takes time proportional to pattern times text at most, whatever they are.
 */
record Glob(String pattern) {

  boolean matches(String text) {
    if (pattern.equals("*")) {
      return true;
    }
    int p = 0;
    int t = 0;
    int star = -1;
    int resume = 0;
    while (t < text.length()) {
      if (p < pattern.length() && pattern.charAt(p) == '*') {
        star = p++;
        resume = t;
      } else if (p < pattern.length()
          && (pattern.charAt(p) == '?' || pattern.charAt(p) == text.charAt(t))) {
        p++;
        t++;
      } else if (star >= 0) {
        // The last star takes one character more.
        p = star + 1;
        t = ++resume;
      } else {
        return false;
      }
    }
    while (p < pattern.length() && pattern.charAt(p) == '*') {
      p++;
    }
    return p == pattern.length();
  }
}
