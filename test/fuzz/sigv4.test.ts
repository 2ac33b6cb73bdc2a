import { posix } from 'node:path';
import { expect, it } from 'vitest';
import { SigV4Fault, type SigV4FaultCode } from '../../src/sigv4/sigv4-fault.ts';
import { verifySignature } from '../../src/sigv4/verify.ts';
import { AMZ_DATE, type SentRequest, signedRequest } from '../unit/sigv4/reference-signer.ts';
import { verifyOptions } from '../unit/sigv4/verification.ts';

const COUNT = Number(process.env['SIGV4_FUZZ_COUNT'] ?? 60_000);
const SEED = Number(process.env['SIGV4_FUZZ_SEED'] ?? Date.now() % 2 ** 31);

type Verdict = SigV4FaultCode | 'accepted';
/** The faults in the order of the checks: a verdict that stands later got past those before. */
const LAYERS: readonly (readonly [string, readonly Verdict[]])[] = [
  ['authorization header', ['missing-authorization', 'malformed-authorization']],
  ['date and scope', ['missing-date', 'malformed-date', 'skew-past', 'skew-future', 'scope-mismatch']],
  ['canonical form', ['missing-signed-header', 'malformed-header', 'malformed-uri', 'payload-mismatch']],
  ['signature', ['unknown-access-key', 'bad-signature']],
  ['accepted', ['accepted']],
];

it(`X-61: of ${COUNT} damaged requests, what is accepted means what was signed, and the rest is a SigV4Fault`, () => {
  const random = generator(SEED);
  const original = signedRequest({
    signedHeaders: [
      ['content-type', 'application/json'],
      ['host', 'proxy.example.com'],
      ['x-amz-date', AMZ_DATE],
    ],
    rawHeaders: [
      'Host',
      'proxy.example.com',
      'Content-Type',
      'application/json',
      'X-Amz-Date',
      AMZ_DATE,
      'Accept',
      '*/*',
    ],
  });
  const options = verifyOptions();
  const counts = new Map<Verdict, number>();
  for (let round = 0; round < COUNT; round += 1) {
    const damaged = damage(original, random);
    const verdict = verdictOf(damaged, options);
    counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
    if (verdict === 'accepted')
      expect(meaning(damaged), `seed ${SEED}, round ${round}`).toEqual(meaning(original));
  }
  report(counts);
  expect([...counts.values()].reduce((sum, count) => sum + count, 0)).toBe(COUNT);
  expect(counts.get('accepted')).toBeGreaterThan(0);
  expect(counts.get('bad-signature')).toBeGreaterThan(0);
});

function verdictOf(request: SentRequest, options: ReturnType<typeof verifyOptions>): Verdict {
  try {
    verifySignature(request, options);
    return 'accepted';
  } catch (error) {
    if (error instanceof SigV4Fault) return error.code;
    throw error;
  }
}

/** What a receiver would act on, by means other than those under test. */
function meaning(request: SentRequest): unknown {
  const [target = '', query = ''] = request.rawUrl.replace(/^https?:\/\/[^/?]+/i, '').split('?', 2);
  const pairs = request.rawHeaders
    .flatMap((text, index) =>
      index % 2 === 0 ? [[text.toLowerCase(), request.rawHeaders[index + 1] ?? '']] : [],
    )
    .filter(([name]) => name === 'host' || name === 'content-type' || name === 'x-amz-date')
    .map((pair) => pair.map((text) => text?.replace(/[\t-\r ]+/g, ' ').replace(/^ | $/g, '')).join(':'));
  return {
    method: request.method,
    path: posix.normalize(target),
    query: query.replaceAll('&', ''),
    headers: pairs.sort(),
    body: Buffer.from(request.body).toString('hex'),
  };
}

/** One to three small changes anywhere; half of the targets of a change are header values, as in real traffic. */
function damage(request: SentRequest, random: (below: number) => number): SentRequest {
  const rawHeaders = [...request.rawHeaders];
  let { method, rawUrl, body } = request;
  for (let change = random(3); change >= 0; change -= 1) {
    const at = random(rawHeaders.length + 3);
    if (at < rawHeaders.length) rawHeaders[at] = edit(rawHeaders[at] ?? '', random);
    else if (at === rawHeaders.length) rawUrl = edit(rawUrl, random);
    else if (at === rawHeaders.length + 1)
      body = Buffer.from(edit(Buffer.from(body).toString('latin1'), random), 'latin1');
    else if (random(4) === 0) method = edit(method, random);
    else moveHeader(rawHeaders, random);
  }
  return { method, rawUrl, rawHeaders, body };
}

function moveHeader(rawHeaders: string[], random: (below: number) => number): void {
  const pair = rawHeaders.splice(2 * random(rawHeaders.length / 2), 2);
  rawHeaders.splice(2 * random(rawHeaders.length / 2 + 1), 0, ...pair);
  if (random(8) === 0) rawHeaders.push(...pair);
}

function edit(text: string, random: (below: number) => number): string {
  const at = random(4) === 0 ? text.length : random(text.length + 1);
  const inserted = PIECES[random(PIECES.length)] ?? '';
  const removed = random(3);
  const end = random(6) === 0 ? ' ' : '';
  return random(10) === 0
    ? text.toUpperCase()
    : text.slice(0, at) + inserted + text.slice(at + removed) + end;
}

function report(counts: ReadonlyMap<Verdict, number>): void {
  let reached = COUNT;
  const shares: string[] = [];
  for (const [layer, verdicts] of LAYERS) {
    shares.push(`${layer} ${((100 * reached) / COUNT).toFixed(1)} %`);
    for (const verdict of verdicts) reached -= counts.get(verdict) ?? 0;
  }
  console.log(`sigv4 fuzz: seed ${SEED}, ${COUNT} requests, reached: ${shares.join(', ')}`);
  expect(reached).toBe(0);
}

/** mulberry32: small, seeded, good enough to choose edits. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

const PIECES = [
  '',
  '',
  ' ',
  '  ',
  '\t',
  '/',
  '/./',
  '//',
  '/../',
  '?',
  '?a=1',
  '&',
  '=',
  '#',
  '%',
  '%41',
  '%2f',
  'a',
  '0',
  ',',
  ';',
  '\xff',
  '\u0141',
  '\0',
  '\r\n',
];
