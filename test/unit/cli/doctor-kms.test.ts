import { hash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { clockFindings, domainFindings } from '../../../src/cli/doctor-kms.ts';
import type { KeyDescription } from '../../../src/domain/ports/hsm.ts';
import { makeGeneration, planFirst, planNext } from '../../../src/hsm/vault/domain-keys.ts';
import { domainRig, entropy } from '../hsm/vault/domain-rig.ts';

const SHARED = { secret: new Uint8Array(32), shares: 3, threshold: 2 };

/** A domain of two generations, with shares of the second. */
async function rigOf() {
  const { store, work } = domainRig();
  await makeGeneration(work, await planFirst(store, entropy), 'token');
  const { generations } = await makeGeneration(work, await planNext(store), SHARED);
  return { store, labels: generations.map(({ label }) => label) };
}

/** The three keys of a generation as they have to be, with ids that follow from the label (docs/key-hierarchy.md). */
function threeOf(label = ''): KeyDescription[] {
  return [
    described(label, 'domain', { keyType: 'AES', canWrap: true, canUnwrap: true }),
    described(label, 'registry', { canSign: true }),
    described(label, 'seal', { canSign: true }),
  ];
}

function described(label: string, role: string, changes: Partial<KeyDescription>): KeyDescription {
  return {
    ...{ label, idHex: hash('sha256', `${label} ${role}`, 'hex').slice(0, 32), tokenSerial: '1' },
    ...{ keyType: 'GENERIC_SECRET', bits: 256, extractable: false, sensitive: true },
    ...{ canEncrypt: false, canDecrypt: false, canSign: false, canVerify: false },
    ...{ canWrap: false, canUnwrap: false, canDerive: false },
    ...changes,
  };
}

function keysOn(...keys: KeyDescription[]) {
  return new Map([['soft', [described('health', '', { keyType: 'AES' }), ...keys]]]);
}

describe('what the doctor says of a domain', () => {
  it('is that its generations are there, and which of them has no copy', async () => {
    const { store, labels } = await rigOf();
    const [one, two] = labels;
    expect(await domainFindings(store, keysOn(...threeOf(one), ...threeOf(two)))).toEqual([
      { subject: 'domain', severity: 'ok', text: 'generation 1 has its keys on token soft, and they fit' },
      {
        subject: 'domain',
        severity: 'warning',
        text: 'generation 1 has no copy outside of the token; domain export-shares makes one that has',
      },
      { subject: 'domain', severity: 'ok', text: 'generation 2 has its keys on token soft, and they fit' },
    ]);
  });

  it.for([
    {
      what: 'missing',
      spoil: (keys: KeyDescription[]) => keys.slice(0, 2),
      says: 'its seal key is missing',
    },
    {
      what: 'there twice',
      spoil: (keys: KeyDescription[]) => [...keys, ...keys.slice(2)],
      says: 'it has 2 seal keys',
    },
    {
      what: 'able to leave the token',
      spoil: (keys: KeyDescription[]) => keys.map((key) => ({ ...key, extractable: key.canWrap })),
      says: 'its domain key is unfit: it may leave the token',
    },
    {
      what: 'of more use than it has to be',
      spoil: (keys: KeyDescription[]) => keys.map((key) => ({ ...key, canEncrypt: key.canWrap })),
      says: 'its domain key is unfit: its usages are not just WRAP and UNWRAP',
    },
  ])('is that a key is $what', async ({ spoil, says }) => {
    const { store, labels } = await rigOf();
    const [one, two] = labels;
    expect(await domainFindings(store, keysOn(...spoil(threeOf(one)), ...threeOf(two)))).toEqual([
      {
        subject: 'domain',
        severity: 'problem',
        text: `generation 1 on token soft: ${says}. What its keys protect cannot be read; bring them back with domain init --from-shares`,
      },
      { subject: 'domain', severity: 'ok', text: 'generation 2 has its keys on token soft, and they fit' },
    ]);
  });

  it('is that a token could not be looked at', async () => {
    const { store } = await rigOf();
    expect(await domainFindings(store, new Map())).toMatchObject([
      { severity: 'problem', text: 'generation 1 cannot be looked at: token soft cannot' },
      { severity: 'problem', text: 'generation 2 cannot be looked at: token soft cannot' },
    ]);
  });

  it('is that there is none, and whose keys are on the token then', async () => {
    const { store, token, work } = domainRig();
    token.after = () => {
      throw new Error('crash');
    };
    const plan = await planFirst(store, entropy);
    await makeGeneration(work, plan, 'token').catch(() => undefined);
    expect(
      await domainFindings(store, keysOn(...threeOf('portcullis-domain-x-1'), ...threeOf(plan.label))),
    ).toEqual(
      expect.arrayContaining([
        {
          subject: 'domain',
          severity: 'problem',
          text: 'the store has no domain yet; make one with domain init',
        },
        {
          subject: 'token soft',
          severity: 'warning',
          text: `keys labelled ${plan.label} are left of a domain command that did not end; the next one destroys them`,
        },
        {
          subject: 'token soft',
          severity: 'warning',
          text: 'keys labelled portcullis-domain-x-1 belong to no domain of this store: another store may need them; if none does, delete them with the tools of the token',
        },
      ]),
    );
  });
});

describe('what the doctor says of the clock of an engine', () => {
  it('is how far it has been moved', async () => {
    const { store } = domainRig();
    expect(await clockFindings(store)).toEqual([]);
    const address = { scope: '', id: 'clock' };
    const body = { offsetMs: 129_600_000 };
    await store.commit([{ do: 'put', kind: 'setting', address, body, expect: 0 }]);
    expect(await clockFindings(store)).toEqual([
      {
        subject: 'kms',
        severity: 'warning',
        text: 'its clock has been moved 1.5 days ahead: deletions come that much early',
      },
    ]);
  });
});
