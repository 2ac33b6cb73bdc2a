/** The Authorization header of a signed request (AWS SigV4, "Add the signature to the request"). Nothing in it is trusted yet. */

import { TERMINATOR } from './signing-key.ts';
import { SigV4Fault } from './sigv4-fault.ts';
import { ALGORITHM } from './string-to-sign.ts';

/** A well-formed header; whether it holds is for {@link verifySignature} to find out. */
export interface Authorization {
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
  /** `date/region/service/aws4_request`, as signed. */
  readonly scope: string;
  /** Lower-case names, sorted, each once; `host` (or `:authority`) and `x-amz-date` are among them. */
  readonly signedHeaders: readonly string[];
  /** 64 lower-case hexadecimal digits. */
  readonly signature: string;
}

/**
 * Parses `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`, with or without spaces after the commas
 * and with its three elements in any order.
 * @req X-63 X-65
 */
export function parseAuthorization(values: readonly string[] | undefined): Authorization {
  const header = values?.[0];
  if (values === undefined || header === undefined) {
    throw new SigV4Fault(
      'missing-authorization',
      'The Authorization header is absent; sign the request with SigV4.',
    );
  }
  if (values.length > 1) throw malformed('is repeated; send it once');
  const signatureAt = header.length - SIGNATURE_CHARS;
  const head = header.startsWith(SIGNATURE_NAME, signatureAt - SIGNATURE_NAME.length)
    ? header.slice(0, signatureAt)
    : undefined;
  const known = head === undefined ? undefined : HEADS.get(head);
  if (known !== undefined) return { ...known, signature: parseSignature(header.slice(signatureAt)) };
  const { signature, ...parsed } = parseHeader(header);
  // An access key id, too, may begin with `Signature=`, and come last.
  const isWhole = head !== undefined && header.endsWith(signature);
  if (isWhole && head.length <= LONGEST_HEAD) remember(head, parsed);
  return { ...parsed, signature };
}

/** From one client, headers differ in their signatures alone all day, and a parsed head means what it meant. */
function remember(head: string, parsed: Omit<Authorization, 'signature'>): void {
  if (HEADS.size >= MOST_HEADS) HEADS.clear();
  HEADS.set(head, parsed);
}

function parseHeader(header: string): Authorization {
  if (!header.startsWith(PREFIX)) throw malformed(`does not start with ${ALGORITHM} and a space`);
  const elements = splitElements(header.slice(PREFIX.length));
  return {
    ...parseCredential(required(elements, 'Credential')),
    signedHeaders: parseSignedHeaders(required(elements, 'SignedHeaders')),
    signature: parseSignature(required(elements, 'Signature')),
  };
}

/** Of an element that comes twice the last one counts, and another one is then missing. */
function splitElements(text: string): Elements {
  const pieces = text.split(',');
  const elements: Elements = {};
  for (const piece of pieces) {
    const element = piece.trim();
    const equalsAt = element.indexOf('=');
    const name = element.slice(0, Math.max(equalsAt, 0));
    if (isElementName(name)) elements[name] = element.slice(equalsAt + 1);
  }
  if (pieces.length !== ELEMENT_NAMES.length) {
    throw malformed('does not hold Credential, SignedHeaders and Signature, each once and nothing else');
  }
  return elements;
}

function required(elements: Elements, name: ElementName): string {
  const value = elements[name];
  if (value === undefined) throw malformed(`has no ${name}`);
  return value;
}

function isElementName(name: string): name is ElementName {
  return (ELEMENT_NAMES as readonly string[]).includes(name);
}

/** Lengths and alphabets of real access key ids are for the configuration to check. */
function parseCredential(
  text: string,
): Pick<Authorization, 'accessKeyId' | 'date' | 'region' | 'service' | 'scope'> {
  const [, accessKeyId = '', date = '', region = '', service = '', terminator] = CREDENTIAL.exec(text) ?? [];
  if (terminator === undefined) {
    throw malformed('has a Credential that is not <access key id>/<date>/<region>/<service>/aws4_request');
  }
  if (terminator !== TERMINATOR) {
    throw new SigV4Fault('scope-mismatch', `The credential scope does not end with ${TERMINATOR}.`);
  }
  return { accessKeyId, date, region, service, scope: text.slice(accessKeyId.length + 1) };
}

function parseSignedHeaders(text: string): readonly string[] {
  const names = text.split(';');
  let before = '';
  for (const name of names) {
    if (!HEADER_NAME.test(name) || name <= before) {
      throw malformed(
        'has SignedHeaders that are not lower-case header names, sorted, each once, joined with ;',
      );
    }
    before = name;
  }
  const namesHost = names.includes('host') || names.includes(':authority');
  if (!namesHost || !names.includes('x-amz-date')) {
    throw new SigV4Fault('missing-signed-header', 'SignedHeaders must name host and x-amz-date.');
  }
  return names;
}

function parseSignature(text: string): string {
  if (!SIGNATURE.test(text)) throw malformed('has a Signature that is not 64 lower-case hexadecimal digits');
  return text;
}

function malformed(what: string): SigV4Fault {
  return new SigV4Fault('malformed-authorization', `The Authorization header ${what}.`);
}

const PREFIX = `${ALGORITHM} `;
const ELEMENT_NAMES = ['Credential', 'SignedHeaders', 'Signature'] as const;
type ElementName = (typeof ELEMENT_NAMES)[number];
type Elements = { [name in ElementName]?: string };

/** Five parts, printable, of at most 128 characters each: bounds what lookups, caches and logs have to hold. */
const CREDENTIAL = new RegExp(`^${Array(5).fill('([\\x21-\\x2e\\x30-\\x7e]{1,128})').join('/')}$`);
const HEADER_NAME = /^:?[a-z0-9!#$%&'*+.^_`|~-]+$/;
const SIGNATURE = /^[0-9a-f]{64}$/;
const SIGNATURE_NAME = 'Signature=';
const SIGNATURE_CHARS = 64;
/** Everything in front of the signature's digits. */
const HEADS = new Map<string, Omit<Authorization, 'signature'>>();
const MOST_HEADS = 256;
/** Usual ones have 170 characters. */
const LONGEST_HEAD = 512;
