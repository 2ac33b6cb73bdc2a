/** How the three keys of a domain's generation are found on a token: they share a label, and each has an id of its own. */
import { hash } from 'node:crypto';
import type { KeySelector } from '../../domain/hsm/key-selector.ts';
import type { DomainKeyRole } from './domain-secret.ts';

/** `domainId`: 32 hex digits. */
export function domainKeyLabel(domainId: string, generation: number): string {
  return `${LABEL_PREFIX}${domainId}-${generation}`;
}

/** Whether a label on a token is that of some domain's keys. */
export function isDomainKeyLabel(label: string): boolean {
  return label.startsWith(LABEL_PREFIX);
}

/** The id follows from the label, so that no two keys of a token have the same one. */
export function domainKeySelector(label: string, role: DomainKeyRole): Required<KeySelector> {
  return { label, idHex: hash('sha256', `${label} ${role}`, 'hex').slice(0, ID_DIGITS) };
}

const LABEL_PREFIX = 'portcullis-domain-';
const ID_DIGITS = 32;
