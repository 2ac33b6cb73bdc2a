/** Turns what a command rejected with into the text on standard error. */

/** The message alone for a fault that tells its reader what to do; the whole stack for anything else. */
export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return EXPECTED.has(error.name) ? error.message : String(error.stack);
}

/** By name: the classes live in rooms that this one may not import. */
const EXPECTED: ReadonlySet<string> = new Set([
  'CliFault',
  'ConfigFault',
  'ControlFault',
  'EditFault',
  'HsmFault',
  'ListenFault',
  'NoDomain',
  'StoreFailure',
  'TlsFault',
]);
