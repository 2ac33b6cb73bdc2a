/**
 * What this room refuses before a face has seen a request. How that reads belongs to the face: each listener is told
 * the form of the protocol that its clients speak.
 */

export type RefusalKind =
  /** Bytes that are no request, or a head that says two things. */
  | 'malformed'
  | 'head-too-large'
  | 'too-slow'
  | 'tunnel'
  /** More requests sent ahead than are answered at a time. */
  | 'too-many'
  /** Nothing of the cause is told. */
  | 'internal';

export interface RefusalAnswer {
  readonly contentType: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Called for each refusal, of clients that nobody knows: cheap, and it throws nothing. `message` has nothing of the input. */
export type RefusalForm = (kind: RefusalKind, message: string) => RefusalAnswer;

/** For listeners of no protocol of their own. */
export const plainRefusal: RefusalForm = (_kind, message) => ({
  contentType: 'application/json',
  headers: {},
  body: JSON.stringify({ error: message }),
});
