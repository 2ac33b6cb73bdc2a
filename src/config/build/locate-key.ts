/** Which object of the token a key entry means: `label` and `id`, or a PKCS #11 URI (RFC 7512). */
import type { KeySelector } from '../../domain/hsm/key-selector.ts';
import { type Pkcs11Uri, Pkcs11UriFault, parsePkcs11Uri } from '../../domain/hsm/pkcs11-uri.ts';
import type { Findings, PathInFile } from '../findings.ts';
import type { GenerationInput } from '../schema/key-store-schema.ts';
import type { TokenInput } from '../schema/token-schema.ts';

/** The selector, or undefined when the entry does not give one (reported). `token` is undefined when unknown. */
export function locateKey(
  key: Pick<GenerationInput, 'label' | 'id' | 'uri'>,
  path: PathInFile,
  token: TokenInput | undefined,
  findings: Findings,
): KeySelector | undefined {
  const { label, id, uri } = key;
  const direct = [label === undefined ? [] : ['label'], id === undefined ? [] : ['id']].flat();
  if (uri !== undefined && direct.length > 0) {
    const found = `has both uri and ${direct.join(' and ')}`;
    findings.problem(path, found, 'uri alone, or label, id or both', 'remove one');
    return undefined;
  }
  if (uri !== undefined) return selectorOfUri(uri, [...path, 'uri'], token, findings);
  if (direct.length === 0) {
    findings.problem(path, 'has none of label, id and uri', 'what identifies the key object', 'add one');
    return undefined;
  }
  return {
    ...(label === undefined ? {} : { label }),
    ...(id === undefined ? {} : { idHex: id.toLowerCase() }),
  };
}

function selectorOfUri(
  text: string,
  path: PathInFile,
  token: TokenInput | undefined,
  findings: Findings,
): KeySelector | undefined {
  // Before parsing, so that no message about a broken URI can quote a part of a PIN.
  if (CARRIES_PIN.test(text)) {
    findings.problem(
      path,
      'has pin-value or pin-source',
      'a URI without a PIN',
      'move the PIN to tokens[].pin',
    );
    return undefined;
  }
  let uri: Pkcs11Uri;
  try {
    uri = parsePkcs11Uri(text);
  } catch (error) {
    if (!(error instanceof Pkcs11UriFault)) throw error;
    findings.problem(path, `is refused because ${error.detail}`, 'a PKCS #11 URI (RFC 7512)');
    return undefined;
  }
  const problemsBefore = findings.problems.length;
  checkAttributes(uri, path, findings);
  if (token !== undefined) checkToken(uri, path, token, findings);
  checkObject(uri, path, findings);
  if (findings.problems.length > problemsBefore) return undefined;
  const label = uri.path.get('object');
  return {
    ...(label === undefined ? {} : { label }),
    ...(uri.id === undefined ? {} : { idHex: hex(uri.id) }),
  };
}

function checkAttributes(uri: Pkcs11Uri, path: PathInFile, findings: Findings): void {
  const unused = [...uri.path.keys(), ...uri.query.map(([name]) => name)].filter((name) => !USED.has(name));
  if (unused.length > 0) {
    const remedy = 'remove the others: the token is chosen by tokens[].token, the module by tokens[].module';
    findings.problem(path, `has ${unused.join(', ')}`, `only ${[...USED, 'id'].join(', ')}`, remedy);
  }
  const type = uri.path.get('type');
  if (type !== undefined && type !== 'secret-key') {
    findings.problem(path, `has type=${type}`, 'type=secret-key', 'name an AES key');
  }
}

function checkToken(uri: Pkcs11Uri, path: PathInFile, { name, token }: TokenInput, findings: Findings): void {
  const claims = [
    { attribute: 'token', field: 'label', actual: token.label },
    { attribute: 'serial', field: 'serial', actual: token.serial },
  ];
  for (const { attribute, field, actual } of claims) {
    const claimed = uri.path.get(attribute);
    if (claimed === undefined || claimed === actual) continue;
    if (actual === undefined) {
      findings.warn(
        path,
        `${attribute} is not checked, because the token ${name} is configured without its ${field}`,
      );
    } else {
      const found = `has ${attribute}=${claimed}, but the token ${name} has the ${field} ${actual}`;
      findings.problem(
        path,
        found,
        'a URI of an object on that token',
        'correct the URI, or name the other token',
      );
    }
  }
}

function checkObject(uri: Pkcs11Uri, path: PathInFile, findings: Findings): void {
  const label = uri.path.get('object');
  if (label === undefined && uri.id === undefined) {
    findings.problem(path, 'has neither object nor id', 'what identifies the key object');
  }
  if (label !== undefined && !LABEL.test(label)) {
    findings.problem(path, 'has an object that cannot be a label', 'a label of 1 to 255 characters');
  }
  if (uri.id !== undefined && (uri.id.length === 0 || uri.id.length > 255)) {
    findings.problem(path, `has an id of ${uri.id.length} bytes`, 'an id of 1 to 255 bytes');
  }
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

const CARRIES_PIN = /pin-(value|source)/i;
const USED: ReadonlySet<string> = new Set(['token', 'serial', 'object', 'type']);
const LABEL = /^[^\p{Cc}]{1,255}$/u;
