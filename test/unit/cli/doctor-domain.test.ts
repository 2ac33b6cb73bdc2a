import { describe, expect, it } from 'vitest';
import { domainFindings } from '../../../src/cli/doctor-domain.ts';
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

function keysOn(...labels: (string | undefined)[]) {
  return new Map([['soft', [{ label: 'health' }, ...labels.map((label) => ({ label: label ?? '' }))]]]);
}

describe('what the doctor says of a domain', () => {
  it('is that its generations are there', async () => {
    const { store, labels } = await rigOf();
    const [one, two] = labels;
    expect(await domainFindings(store, keysOn(one, one, one, two, two, two))).toEqual([
      { subject: 'domain', severity: 'ok', text: 'generation 1 has its keys on token soft' },
      { subject: 'domain', severity: 'ok', text: 'generation 2 has its keys on token soft' },
    ]);
  });

  it('is that the generation which wraps has no copy', async () => {
    const { store, work } = domainRig();
    const { generations } = await makeGeneration(work, await planFirst(store, entropy), 'token');
    const label = generations[0]?.label;
    expect(await domainFindings(store, keysOn(label, label, label))).toContainEqual({
      subject: 'domain',
      severity: 'warning',
      text: 'generation 1 has no copy outside of the token',
    });
  });

  it('is that keys are missing', async () => {
    const { store, labels } = await rigOf();
    const [one, two] = labels;
    expect(await domainFindings(store, keysOn(one, one, two, two, two))).toMatchObject([
      {
        severity: 'problem',
        text: expect.stringMatching(/^generation 1 has 2 of its 3 keys on token soft: /),
      },
      { severity: 'ok' },
    ]);
  });

  it('is that a token could not be looked at', async () => {
    const { store } = await rigOf();
    expect(await domainFindings(store, new Map())).toMatchObject([
      { severity: 'problem', text: 'generation 1 cannot be looked at' },
      { severity: 'problem', text: 'generation 2 cannot be looked at' },
    ]);
  });

  it('is that there is none, and whose keys are on the token then', async () => {
    const { store, token, work } = domainRig();
    token.after = () => {
      throw new Error('crash');
    };
    const plan = await planFirst(store, entropy);
    await makeGeneration(work, plan, 'token').catch(() => undefined);
    expect(await domainFindings(store, keysOn('portcullis-domain-x-1', plan.label))).toEqual(
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
          text: 'keys labelled portcullis-domain-x-1 belong to no domain of this store; they may be those of another one',
        },
      ]),
    );
  });
});
