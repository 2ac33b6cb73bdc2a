/** Fourth step: state and usage of store, key and the object behind it. The first to ask the token. */
import type { CallContext, KeyDescription } from '../../domain/ports/hsm.ts';
import { admitKey } from '../../domain/xks/key-admission.ts';
import { keyName } from '../../domain/xks/key-generations.ts';
import type { CryptoUsage, KeyStore, MappedKey } from '../../domain/xks/key-store.ts';
import { XksFault } from '../../domain/xks/xks-fault.ts';
import { isAbsent } from './absent-key.ts';
import type { ObjectClaims } from './object-claims.ts';
import type { AdmittedKey, XksEngine } from './xks-engine.ts';

/**
 * A disabled key store answers nothing, health included.
 * @req X-49
 */
export function requireEnabledStore(store: KeyStore): void {
  if (store.status === 'ENABLED') return;
  throw new XksFault('InvalidStateException', 'This key store is disabled in the proxy configuration.');
}

/**
 * Refuses a disabled key before the token is bothered. GetKeyMetadata does not come here: a disabled key has
 * metadata that says so.
 * @req X-23 X-49
 */
export function requireEnabledKey(mapped: MappedKey): void {
  if (mapped.status === 'ENABLED') return;
  throw new XksFault(
    'InvalidStateException',
    `External key '${mapped.externalKeyId}' is disabled in the proxy configuration.`,
  );
}

/**
 * Looks at the object behind the key and refuses one that must not serve: one bad key never stops another.
 * @req X-09 X-20 X-41 X-49
 */
export async function lookAtKey(
  engine: XksEngine,
  claims: ObjectClaims,
  store: KeyStore,
  mapped: MappedKey,
  context: CallContext,
): Promise<AdmittedKey> {
  const description = await describeKey(engine, claims, mapped, context);
  const duplicate = claims.claim(store.pathPrefix, mapped, description);
  const admission = admitKey(mapped, description);
  if (!admission.admitted) return refuse(engine, claims, mapped, context, admission.reason);
  if (duplicate !== undefined) return refuse(engine, claims, mapped, context, duplicate);
  return { store, mapped, description, usages: admission.usages };
}

/**
 * What a refusal rests on may have been mended on the token since, so the keys concerned are looked at again
 * for the next request. At most every few seconds, which is the directory's business.
 */
function refuse(
  engine: XksEngine,
  claims: ObjectClaims,
  mapped: MappedKey,
  context: CallContext,
  reason: string,
): never {
  for (const each of claims.holdersWith(mapped)) {
    if (!engine.directory.refresh(each.mapped.key)) continue;
    engine.directory.describe(each.mapped.key, context).then(
      (description) => void claims.claim(each.pathPrefix, each.mapped, description),
      (error: unknown) => {
        if (isAbsent(error)) claims.release(each.mapped);
      },
    );
  }
  throw refusedKey(mapped, reason);
}

/** Asks for this key alone: what its rivals are is known from their own use, and from the survey. */
async function describeKey(
  engine: XksEngine,
  claims: ObjectClaims,
  mapped: MappedKey,
  context: CallContext,
): Promise<KeyDescription> {
  try {
    return await engine.directory.describe(mapped.key, context);
  } catch (error) {
    if (isAbsent(error)) claims.release(mapped);
    throw error;
  }
}

/** @req X-51 */
export function requireUsage(key: AdmittedKey, usage: CryptoUsage): void {
  if (key.usages.includes(usage)) return;
  throw new XksFault(
    'InvalidKeyUsageException',
    sentence(
      `${keyName(key.mapped)} does not allow ${usage}: its attributes on the token or the proxy configuration leave it out.`,
    ),
  );
}

function refusedKey(mapped: MappedKey, reason: string): XksFault {
  return new XksFault(
    'InvalidStateException',
    sentence(`${keyName(mapped)} is refused by the proxy: ${reason}.`),
  );
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
