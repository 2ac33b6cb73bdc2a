import { describe, expect, it } from 'vitest';
import { KeptRecords, recordOf } from '../../../src/store/kept-records.ts';

const ADDRESS = { scope: 'a', id: 'b' };

/** A body of about so many characters. */
function bodyText(length: number, value = 'x'): string {
  return JSON.stringify({ atMs: 1, operation: value.repeat(length) });
}

describe('kept records', () => {
  it('know nothing of a record until they are told, even that there is none', () => {
    const kept = new KeptRecords(1_000);
    expect(kept.get('k', 'usage', ADDRESS)).toBeUndefined();
    kept.set('k', undefined);
    expect(kept.get('k', 'usage', ADDRESS)).toMatchObject({ record: undefined });
    expect(kept.revision('k')).toMatchObject({ record: undefined });
  });

  it('hand out one frozen record for as long as nothing changes it', () => {
    const kept = new KeptRecords(10_000);
    kept.set('k', { revision: 3, text: bodyText(1) });
    expect(kept.revision('k')?.record?.revision).toBe(3);
    const first = kept.get('k', 'usage', ADDRESS)?.record;
    expect(first).toEqual({
      kind: 'usage',
      ...ADDRESS,
      revision: 3,
      body: { atMs: 1, operation: 'x' },
    });
    expect(Object.isFrozen(first?.body)).toBe(true);
    expect(kept.get('k', 'usage', ADDRESS)?.record).toBe(first);
    expect(kept.revision('k')?.record?.revision).toBe(3);
  });

  it('hand out the record that came with its text', () => {
    const kept = new KeptRecords(10_000);
    const record = recordOf('usage', ADDRESS, { revision: 1, text: bodyText(1) });
    kept.set('k', { revision: 1, text: bodyText(1) }, record);
    expect(kept.get('k', 'usage', ADDRESS)?.record).toBe(record);
  });

  it('say at once what was set, forgotten or cleared after a record was read', () => {
    const kept = new KeptRecords(10_000);
    kept.set('k', { revision: 1, text: bodyText(1) });
    kept.get('k', 'usage', ADDRESS);
    kept.set('k', { revision: 2, text: bodyText(1, 'y') });
    expect(kept.get('k', 'usage', ADDRESS)?.record).toMatchObject({ revision: 2, body: { operation: 'y' } });
    kept.set('k', undefined);
    expect(kept.get('k', 'usage', ADDRESS)).toMatchObject({ record: undefined });
    kept.set('k', { revision: 3, text: bodyText(1) });
    kept.get('k', 'usage', ADDRESS);
    kept.forget('k');
    expect(kept.get('k', 'usage', ADDRESS)).toBeUndefined();
    kept.set('k', { revision: 4, text: bodyText(1) });
    kept.get('k', 'usage', ADDRESS);
    kept.clear();
    expect(kept.get('k', 'usage', ADDRESS)).toBeUndefined();
    expect(kept.revision('k')).toBeUndefined();
  });

  it('say it also of a record whose text went before it did', () => {
    const kept = new KeptRecords(4_000);
    kept.set('k', { revision: 1, text: bodyText(1) });
    kept.get('k', 'usage', ADDRESS);
    // Texts of others take the place of the text, and nobody reads them.
    for (const name of ['l', 'm', 'n', 'o']) kept.set(name, { revision: 1, text: bodyText(2_500) });
    expect(kept.revision('k')?.record?.revision).toBe(1);
    kept.set('k', { revision: 2, text: bodyText(1, 'y') });
    expect(kept.get('k', 'usage', ADDRESS)?.record).toMatchObject({ revision: 2, body: { operation: 'y' } });
  });

  it('give up the oldest of more than they may hold', () => {
    const kept = new KeptRecords(4_000);
    for (const name of ['k', 'l', 'm', 'n', 'o']) kept.set(name, { revision: 1, text: bodyText(2_500) });
    expect(kept.get('k', 'usage', ADDRESS)).toBeUndefined();
    expect(kept.get('o', 'usage', ADDRESS)?.record?.revision).toBe(1);
  });
});
