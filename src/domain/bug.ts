/** A broken invariant of our own code: never the caller's fault, never shown to a client. */
export class Bug extends Error {
  override readonly name = 'Bug';
}
