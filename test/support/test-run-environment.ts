/**
 * What token hosts inherit of a test run: where their coverage goes, and code that need not be compiled again. In production
 * they inherit nothing of it (src/hsm/supervisor/host-environment.ts), so tests put it into the environment of the token.
 */
export function testRunEnvironment(): Record<string, string> {
  const entries = INHERITED.map((name) => [name, process.env[name]] as const);
  // Options that the runner did not give are the person's at the keyboard, and not meant for hosts.
  const given = process.env['STRIPPED_ROOT'] === undefined ? entries.filter(isNoOption) : entries;
  return Object.fromEntries(given.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

const isNoOption = ([name]: readonly [string, unknown]) => name !== 'NODE_OPTIONS';
const INHERITED = ['NODE_V8_COVERAGE', 'NODE_COMPILE_CACHE', 'NODE_OPTIONS', 'STRIPPED_ROOT'];
