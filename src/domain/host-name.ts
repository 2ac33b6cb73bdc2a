/**
 * What counts as a host name, for listeners and for the names in client certificates (RFC 1035 §2.3.1, and
 * the underscore that names in use have).
 */

/** As a pattern, so that schemas can say the same. Full names only: no wildcards, no dot at the end. */
export const HOST_NAME =
  /^(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*$/;
