/**
 * The three keys of one generation of a domain, derived from one secret of 32 bytes (HKDF-SHA-256, no salt): what
 * shares are made of, and what a domain in software rests on. Whoever has the secret has every key of the generation.
 */
import { hkdfSync } from 'node:crypto';
import { Bug } from '../../domain/bug.ts';

/** 32 bytes each; the caller wipes them. */
export type DomainKeyValues = Readonly<Record<DomainKeyRole, Buffer>>;

/** - `domain`: wraps and unwraps material; `registry`: authenticates tokens; `seal`: seals what a host must see */
export type DomainKeyRole = (typeof DOMAIN_KEY_ROLES)[number];

export function deriveDomainKeys(secret: Uint8Array): DomainKeyValues {
  if (secret.length !== DOMAIN_SECRET_BYTES) throw new Bug(`a domain's secret has ${secret.length} bytes`);
  const derive = (role: DomainKeyRole): Buffer =>
    Buffer.from(hkdfSync('sha256', secret, NO_SALT, `portcullis ${role} key/1`, DOMAIN_SECRET_BYTES));
  return { domain: derive('domain'), registry: derive('registry'), seal: derive('seal') };
}

export const DOMAIN_KEY_ROLES = ['domain', 'registry', 'seal'] as const;
export const DOMAIN_SECRET_BYTES = 32;
const NO_SALT = new Uint8Array(0);
