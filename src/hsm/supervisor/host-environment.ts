/** The environment of a token host: what a PKCS#11 library needs, and nothing that happens to lie around. */
import { TEST_MODE_VARIABLE } from '../devices/emulation.ts';

/** The allowlisted part of `inherited`, with the token's own settings on top. Test mode is inherited or not at all. */
export function hostEnvironment(
  inherited: Readonly<Record<string, string | undefined>>,
  own: Readonly<Record<string, string>>,
): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const name of ALLOWED) {
    const value = inherited[name];
    if (value !== undefined) environment[name] = value;
  }
  const { [TEST_MODE_VARIABLE]: _never, ...rest } = own;
  return { ...environment, ...rest };
}

/** Locale, time zone, search path, home (some modules look there), and what the tests of this project set. */
const ALLOWED = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'NODE_V8_COVERAGE', TEST_MODE_VARIABLE];
