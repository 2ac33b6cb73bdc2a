/** The key map across key stores: one object behind one external key id, and health keys behind none. */
import type { KeySelector } from '../../domain/hsm/key-selector.ts';
import type { KeyStore, MappedKey } from '../../domain/xks/key-store.ts';
import type { DeviceProfiles } from '../device-profiles.ts';
import { type Findings, pathText } from '../findings.ts';
import type { TokenInput } from '../schema/token-schema.ts';
import { buildHealthKey, healthKeySelector } from './build-tokens.ts';
import type { PlacedKey } from './placed-keys.ts';

type MappedStore = Pick<KeyStore, 'pathPrefix'>;

/** Both by the position of the token. */
interface KeyMapTokens {
  readonly tokens: readonly (TokenInput | undefined)[];
  readonly profiles: DeviceProfiles;
}

/** Refuses what the tokens need not be asked about; the same object under other selectors is found at the token. */
export function checkKeyMap(
  stores: readonly (MappedStore | undefined)[],
  placed: readonly PlacedKey[],
  { tokens, profiles }: KeyMapTokens,
  findings: Findings,
): void {
  checkPrefixes(stores, findings);
  checkHealthKeys(placed, tokens, findings);
  warnOfUnprovenSchemes(placed, tokens, profiles, findings);
  checkSharing(placed, findings);
}

/** @req X-11 */
function checkPrefixes(stores: readonly (MappedStore | undefined)[], findings: Findings): void {
  const positions = new Map<string, number>();
  for (const [index, store] of stores.entries()) {
    if (store === undefined) continue;
    const earlier = positions.get(store.pathPrefix);
    if (earlier === undefined) positions.set(store.pathPrefix, index);
    else {
      const found = `is '${store.pathPrefix}', as is keyStores[${earlier}].pathPrefix`;
      findings.problem(['keyStores', index, 'pathPrefix'], found, 'a prefix of its own', 'change one');
    }
  }
}

/** @req X-41 */
function checkHealthKeys(
  placed: readonly PlacedKey[],
  tokens: readonly (TokenInput | undefined)[],
  findings: Findings,
): void {
  const healthKeys = new Map<string, { readonly index: number; readonly selector: KeySelector }>();
  for (const [index, token] of tokens.entries()) {
    if (token !== undefined) healthKeys.set(token.name, { index, selector: healthKeySelector(token) });
  }
  for (const { path, mapped } of placed) {
    const health = healthKeys.get(mapped.key.token);
    if (health === undefined || !overlap(health.selector, mapped.key.selector)) continue;
    const found = `selects the health key of its token (tokens[${health.index}].healthKey)`;
    findings.problem(
      path,
      found,
      'a key that health checks do not use',
      'create a key for health checks alone',
    );
  }
}

/** A health key proves that its own scheme works: where another one fails, health does not show it. @req X-40 */
function warnOfUnprovenSchemes(
  placed: readonly PlacedKey[],
  tokens: readonly (TokenInput | undefined)[],
  profiles: DeviceProfiles,
  findings: Findings,
): void {
  for (const [index, token] of tokens.entries()) {
    const profile = profiles[index];
    if (token === undefined || profile === undefined) continue;
    const { scheme } = buildHealthKey(token, profile);
    const used = placed.filter(({ mapped }) => mapped.key.token === token.name);
    const others = new Set(used.map(({ mapped }) => mapped.scheme).filter((each) => each !== scheme));
    if (others.size === 0) continue;
    const unproven = [...others].sort().join(', ');
    findings.warn(
      ['tokens', index, 'healthKey'],
      `proves scheme ${scheme} alone, and keys of the token have scheme ${unproven}`,
    );
  }
}

/** @req X-09 X-11 */
function checkSharing(placed: readonly PlacedKey[], findings: Findings): void {
  const byAttribute = new Map<string, PlacedKey[]>();
  for (const key of placed) {
    const earlier = attributesOf(key.mapped).flatMap((attribute) => byAttribute.get(attribute) ?? []);
    const twin = earlier.find((other) => overlap(other.mapped.key.selector, key.mapped.key.selector));
    if (twin !== undefined && twin.mapped.scheme !== key.mapped.scheme) {
      const found = `selects the same object as ${pathText(twin.path)}, which has scheme ${twin.mapped.scheme}`;
      findings.problem([...key.path, 'scheme'], found, 'one scheme for each object', 'name another object');
    } else if (twin !== undefined && !(twin.mapped.shared && key.mapped.shared)) {
      const found = `selects the same object as ${pathText(twin.path)}`;
      findings.problem(
        key.path,
        found,
        pathText(twin.entryPath) === pathText(key.entryPath)
          ? 'an object of its own for each generation'
          : 'one external key id for each object',
        'remove one, or set shared: true on both',
      );
    }
    for (const attribute of attributesOf(key.mapped)) {
      byAttribute.set(attribute, [...(byAttribute.get(attribute) ?? []), key]);
    }
  }
}

function attributesOf({ key: { token, selector } }: MappedKey): string[] {
  const attributes: string[] = [];
  if (selector.label !== undefined) attributes.push(JSON.stringify([token, 'label', selector.label]));
  if (selector.idHex !== undefined) attributes.push(JSON.stringify([token, 'id', selector.idHex]));
  return attributes;
}

/**
 * Whether two selectors of one token can mean one object: they share an attribute and contradict each other
 * in none. If they meant two objects, the shorter selector would be ambiguous and refused for that.
 */
function overlap(one: KeySelector, other: KeySelector): boolean {
  const labels = one.label !== undefined && other.label !== undefined;
  const ids = one.idHex !== undefined && other.idHex !== undefined;
  if (labels && one.label !== other.label) return false;
  if (ids && one.idHex !== other.idHex) return false;
  return labels || ids;
}
