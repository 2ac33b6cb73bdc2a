/** Tokens: absolute paths, resolved PINs, and no token named twice. */
import { Bug } from '../../domain/bug.ts';
import type { KeySelector } from '../../domain/hsm/key-selector.ts';
import { type Findings, pathText } from '../findings.ts';
import type { TokenConfig } from '../portcullis-config.ts';
import type { Secrets } from '../read-secrets.ts';
import type { TokenInput } from '../schema/token-schema.ts';

/** A token; call it only when every secret was read. */
export function buildToken(
  token: TokenInput,
  index: number,
  secrets: Secrets,
  resolvePath: (path: string) => string,
): TokenConfig {
  const pin = secrets.get(pathText(['tokens', index, 'pin']));
  if (pin === undefined) throw new Bug(`the PIN of tokens[${index}] was not read`);
  const { name, device, libraryParameters, hosts } = token;
  const softhsm2Conf = token.env['SOFTHSM2_CONF'];
  return {
    name,
    device,
    module: resolvePath(token.module),
    env: softhsm2Conf === undefined ? token.env : { ...token.env, SOFTHSM2_CONF: resolvePath(softhsm2Conf) },
    ...(libraryParameters === undefined ? {} : { libraryParameters }),
    token: {
      ...(token.token.label === undefined ? {} : { label: token.token.label }),
      ...(token.token.serial === undefined ? {} : { serial: token.token.serial }),
    },
    pin,
    healthKey: healthKeySelector(token),
    hosts,
  };
}

/** @req X-41 */
export function healthKeySelector({ healthKey }: TokenInput): KeySelector {
  if (typeof healthKey === 'string') return { label: healthKey };
  const { label, id } = healthKey;
  return {
    ...(label === undefined ? {} : { label }),
    ...(id === undefined ? {} : { idHex: id.toLowerCase() }),
  };
}

/** Refuses a second entry of the same name, and a second entry for the same token. */
export function checkTokens(tokens: readonly (TokenInput | undefined)[], findings: Findings): void {
  const names = new Map<string, number>();
  const identities = new Map<string, number>();
  for (const [index, token] of tokens.entries()) {
    if (token === undefined) continue;
    const named = names.get(token.name);
    if (named === undefined) names.set(token.name, index);
    else {
      const found = `is ${token.name}, as is tokens[${named}].name`;
      findings.problem(['tokens', index, 'name'], found, 'a name of its own', 'rename one');
    }
    const identity = JSON.stringify([token.module, token.env, token.token.label, token.token.serial]);
    const same = identities.get(identity);
    if (same === undefined) identities.set(identity, index);
    else {
      const found = `names the same token as tokens[${same}]`;
      findings.problem(
        ['tokens', index, 'token'],
        found,
        'one entry for each token',
        'remove one; hosts adds processes',
      );
    }
  }
}
