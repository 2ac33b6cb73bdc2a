/**
 * Reads the request target as it was received: nothing is decoded or normalised, so what was signed is what
 * is routed, and `%2e` or `//` never become something else.
 */

export const XKS_OPERATIONS = ['GetKeyMetadata', 'Encrypt', 'Decrypt', 'GetHealthStatus'] as const;

/** The whole API, by AWS's names. */
export type XksOperation = (typeof XKS_OPERATIONS)[number];

export interface XksRoute {
  /** What stands before `/kms/xks/v1`; not yet known to be configured. */
  readonly pathPrefix: string;
  readonly operation: XksOperation;
  /** Empty for GetHealthStatus. */
  readonly externalKeyId: string;
}

/**
 * The route of a target, or undefined when it is none of ours. A query is never part of the API.
 * @req X-04 X-06 X-09 X-55
 */
export function parseRoute(rawUrl: string): XksRoute | undefined {
  // Ids hold no slash, so the last occurrence ends the prefix even if a prefix repeats the base path.
  const baseAt = rawUrl.lastIndexOf(BASE_PATH);
  if (baseAt < 0) return undefined;
  const pathPrefix = rawUrl.slice(0, baseAt);
  const rest = rawUrl.slice(baseAt + BASE_PATH.length);
  if (rest === 'health') return { pathPrefix, operation: 'GetHealthStatus', externalKeyId: '' };
  const [, externalKeyId, verb] = KEY_PATH.exec(rest) ?? [];
  if (externalKeyId === undefined || verb === undefined) return undefined;
  return { pathPrefix, operation: OPERATION_OF_VERB[verb as KeyVerb], externalKeyId };
}

type KeyVerb = keyof typeof OPERATION_OF_VERB;

const BASE_PATH = '/kms/xks/v1/';
const KEY_PATH = /^keys\/([A-Za-z0-9._-]{1,128})\/(metadata|encrypt|decrypt)$/;
const OPERATION_OF_VERB = {
  metadata: 'GetKeyMetadata',
  encrypt: 'Encrypt',
  decrypt: 'Decrypt',
} as const satisfies Record<string, XksOperation>;
