/** A domain's keys on a token that is a list of labels, and a store in memory. */
import { randomBytes } from 'node:crypto';
import { HsmFault } from '../../../../src/domain/hsm-fault.ts';
import type { Entropy } from '../../../../src/domain/ports/entropy.ts';
import type { DomainKeyToken } from '../../../../src/hsm/vault/domain-keys.ts';
import { MemoryStore } from '../../../../src/store/memory-store.ts';

class LabelToken implements DomainKeyToken {
  readonly labels = new Set<string>();
  readonly secrets = new Map<string, string>();
  /** What the next call of `make…` or `import…` does before it makes anything, or after. */
  before: () => void | Promise<void> = () => undefined;
  after: () => void | Promise<void> = () => undefined;
  /** Why the keys that are found are not fit; empty when they are. */
  unfit = '';

  async makeDomainKeys(label: string): Promise<void> {
    await this.before();
    if (this.labels.has(label)) throw new HsmFault('ambiguous', 'taken');
    this.labels.add(label);
    await this.after();
  }

  async importDomainKeys(label: string, secret: Uint8Array): Promise<void> {
    await this.makeDomainKeys(label);
    this.secrets.set(label, Buffer.from(secret).toString('hex'));
  }

  async openDomainKeys(label: string): Promise<void> {
    if (!this.labels.has(label)) throw new HsmFault('not-found', 'no such keys');
    if (this.unfit !== '') throw new HsmFault('usage', this.unfit);
  }

  async destroyDomainKeys(label: string): Promise<number> {
    return this.labels.delete(label) ? 3 : 0;
  }
}

export const entropy: Entropy = { randomBytes: (length) => new Uint8Array(randomBytes(length)) };

export function domainRig() {
  const token = new LabelToken();
  const store = new MemoryStore();
  const clock = { nowMs: () => 1_700_000_000_000, monotonicMs: () => performance.now() };
  return { token, store, work: { store, token, tokenName: 'soft', clock } };
}

export class Crash extends Error {
  override readonly name = 'Crash';
}
