import { expect, it } from 'vitest';
import { HsmFault } from '../../../../src/domain/hsm-fault.ts';
import type { LogFields } from '../../../../src/domain/ports/log.ts';
import type { KeyStore } from '../../../../src/domain/xks/key-store.ts';
import { watchKeys } from '../../../../src/engine/xks/key-watch.ts';
import { FakeHsm } from '../../../support/fake-hsm.ts';
import { keyStore, mappedKey } from '../../domain/xks/samples.ts';

const SURVEY_EVERY_MS = 300_000;
const READY_POLL_MS = 100;
const on = (label: string, token: string) => ({ key: { token, selector: { label } } });

/** Watches until `steps`, run one after the other in place of each pause of that length, are used up. */
async function watch(
  hsm: FakeHsm,
  stores: readonly KeyStore[],
  steps: (() => void)[],
  options: { stepMs?: number; readyTokens?: Set<string>; endAfterSurvey?: boolean } = {},
) {
  const { stepMs = SURVEY_EVERY_MS, readyTokens = new Set(['soft']) } = options;
  const lines: [string, string, LogFields | undefined][] = [];
  const at = (level: string) => (event: string, fields?: LogFields) =>
    void lines.push([level, event, fields]);
  const end = new AbortController();
  await watchKeys({
    stores,
    healthKeys: [{ token: 'soft', selector: { label: 'health' } }],
    directory: hsm,
    clock: { nowMs: () => 0, monotonicMs: () => 1000 },
    ready: (token) => readyTokens.has(token),
    log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') },
    pause: async (ms) => {
      await new Promise((resolve) => setImmediate(resolve));
      if (options.endAfterSurvey && ms === SURVEY_EVERY_MS) end.abort();
      if (ms !== stepMs) return;
      const step = steps.shift();
      if (step === undefined) end.abort();
      else step();
    },
    signal: end.signal,
  });
  return lines;
}

const line = (level: string, event: string, externalKeyId: string, reason: string) => [
  level,
  event,
  { pathPrefix: '/one', externalKeyId, generation: 0, reason },
];

it('X-49: a refused key is named once, and again only after it served or for another reason', async () => {
  const hsm = new FakeHsm();
  hsm.addKey('soft', 'good');
  const nothing = () => undefined;
  const gone = mappedKey('gone');
  const lines = await watch(
    hsm,
    [keyStore([mappedKey('good'), gone])],
    [
      nothing,
      () => hsm.failOn({ key: gone.key }, new HsmFault('denied', 'as told')),
      () => {
        hsm.before = () => undefined;
        hsm.addKey('soft', 'gone');
      },
      () => hsm.failOn({ key: gone.key }, new HsmFault('denied', 'as told')),
    ],
  );
  expect(lines).toEqual([
    line('error', 'key.refused', 'gone', 'the token answered not-found: no key label=gone on soft'),
    line('error', 'key.refused', 'gone', 'the token answered denied: as told'),
    line('error', 'key.refused', 'gone', 'the token answered denied: as told'),
  ]);
});

it('X-49: a key whose token stays busy is unknown, a warning, and never refused', async () => {
  const hsm = new FakeHsm();
  hsm.failOn({}, new HsmFault('busy', 'as told'));
  expect(await watch(hsm, [keyStore([mappedKey('foo')])], [])).toEqual([
    line('warn', 'key.unknown', 'foo', 'the token answered busy: as told'),
  ]);
});

it('X-49: a token that is not ready is waited for without end, asked nothing, and then surveyed', async () => {
  const hsm = new FakeHsm();
  const readyTokens = new Set<string>();
  const callsAtPoll: number[] = [];
  const poll = () => void callsAtPoll.push(hsm.calls.length);
  const steps = [...Array<() => void>(1000).fill(poll), () => void readyTokens.add('soft')];
  const named = watch(hsm, [keyStore([mappedKey('gone')])], steps, {
    stepMs: READY_POLL_MS,
    readyTokens,
    endAfterSurvey: true,
  });
  expect((await named).map(([, event]) => event)).toEqual(['key.refused']);
  expect(callsAtPoll).toEqual(Array(1000).fill(0));
});

it('X-09 X-49: another token that is not ready holds nobody up', async () => {
  const hsm = new FakeHsm();
  const stores = [keyStore([mappedKey('gone'), mappedKey('far', on('far', 'late'))])];
  const lines = await watch(hsm, stores, []);
  expect(lines).toEqual([
    line('error', 'key.refused', 'gone', 'the token answered not-found: no key label=gone on soft'),
  ]);
});

it('says nothing more once it was cancelled in the middle of a survey', async () => {
  const hsm = new FakeHsm();
  hsm.failOn({}, new HsmFault('busy', 'as told'));
  const lines = await watch(hsm, [keyStore([mappedKey('foo')])], [], { stepMs: 1000 });
  expect(lines).toEqual([]);
});
