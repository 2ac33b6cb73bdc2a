/** The environment of a token host: what a PKCS#11 library needs, and nothing that happens to lie around. */

/** The allowlisted part of `inherited`, with the token's own settings on top. */
export function hostEnvironment(
  inherited: Readonly<Record<string, string | undefined>>,
  own: Readonly<Record<string, string>>,
): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const name of ALLOWED) {
    const value = inherited[name];
    if (value !== undefined) environment[name] = value;
  }
  return { ...environment, ...own };
}

/** Locale, time zone, search path, home (some modules look there), and where Node writes coverage when asked to. */
const ALLOWED = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'NODE_V8_COVERAGE'];
