/** What the listener refuses before the proxy has seen it, in words of the XKS proxy API: every client of it knows them. */
import type { XksFaultName } from '../../domain/xks/xks-fault.ts';
import type { RefusalForm, RefusalKind } from '../http/refusal.ts';

/** @req X-01 @req X-47 */
export const xksRefusal: RefusalForm = (kind, errorMessage) => ({
  contentType: 'application/json',
  headers: {},
  body: JSON.stringify({ errorName: NAMES[kind], errorMessage }),
});

const NAMES = {
  malformed: 'ValidationException',
  'head-too-large': 'ValidationException',
  'too-slow': 'ValidationException',
  tunnel: 'UnsupportedOperationException',
  'too-many': 'ThrottlingException',
  internal: 'InternalException',
} as const satisfies Record<RefusalKind, XksFaultName>;
