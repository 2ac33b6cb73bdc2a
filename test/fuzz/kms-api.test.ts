import { expect, it, test } from 'vitest';
import { KMS_FAULT_NAMES } from '../../src/domain/kms/kms-fault.ts';
import type { KmsEngine } from '../../src/engine/kms/kms-engine.ts';
import { printable } from '../../src/log/printable.ts';
import { type Answer, type Ask, KmsRig } from '../edge/kms/rig.ts';
import { CANARY, fuzzedRequest, type KnownThings } from '../support/kms-requests.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { REGION, Rig } from '../unit/engine/kms/rig.ts';

const COUNT = Number(process.env['KMS_FUZZ_COUNT'] ?? 30_000);
const SEED = Number(process.env['KMS_FUZZ_SEED'] ?? Date.now() % 2 ** 31);

/** The checks in their order, each with the answers that end a request there. */
const LAYERS: readonly (readonly [string, (told: string) => boolean])[] = [
  ['size', (told) => told.startsWith('RequestEntityTooLarge')],
  ['operation', (told) => told.startsWith('UnknownOperation')],
  ['JSON', (told) => told === 'SerializationException: The request body is not JSON in UTF-8.'],
  ['signature', (told) => SIGNATURE.test(told)],
  ['types', (told) => told.startsWith('SerializationException')],
  ['constraints', (told) => /^ValidationException: \d+ validation errors? detected: /.test(told)],
  ['engine', (told) => told !== '200'],
  ['success', (told) => told === '200'],
];
const SIGNATURE = /^(MissingAuthenticationToken|IncompleteSignature|InvalidSignature|UnrecognizedClient)/;

/** What is asked, over a real edge. `known` is asked for again now and then: requests delete and disable things. */
interface Target {
  readonly rig: KmsRig;
  readonly known: () => Promise<KnownThings>;
}

test('a planted leak is found, in words, in Base64 at any place, in hex and in decimal', () => {
  const bytes = Buffer.from(`x${CANARY}`);
  const planted = [
    CANARY,
    bytes.toString('base64'),
    bytes.toString('hex'),
    [...bytes].join(),
    CANARY.toUpperCase(),
  ];
  expect(planted.filter((text) => findLeak('', `a line with ${text}`) === '')).toEqual([]);
  expect(findLeak('an error', 'a line')).toBe('');
});

it.for<[name: string, count: number, make: () => Target]>([
  ['an engine that takes anything', Math.ceil(COUNT / 6), anythingGoes],
  ['the engine over a vault in software', COUNT, softwareEngine],
])(
  '%s: of %i random requests none gets a server error or lets plaintext out',
  async ([name, count, make]) => {
    const target = make();
    const random = new SeededRandom(SEED);
    const ended = new Map<string, number>();
    let known = await target.known();
    for (let round = 0; round < count; round += 1) {
      if (round % RENEWED_EVERY === RENEWED_EVERY - 1) known = await target.known();
      const ask = signedAsk(random, known);
      const answer = await target.rig.ask(ask);
      const told = toldBy(answer);
      const layer = layerOf(told);
      ended.set(layer, (ended.get(layer) ?? 0) + 1);
      const problem = problemWith(answer, target.rig);
      if (problem !== '') expect.fail(`seed ${SEED}, round ${round}: ${problem}: ${shown(ask)}`);
      target.rig.lines.length = 0;
      target.rig.runs.length = 0;
    }
    report(name, count, ended);
    expect(Object.prototype).not.toHaveProperty('polluted');
    expect(ended.get('success')).toBeGreaterThan(count / 20);
  },
);

/** One request in fifty has something wrong with its head, too. */
function signedAsk(random: SeededRandom, known: KnownThings): Ask {
  const { target, body } = fuzzedRequest(random, known);
  const ask: Ask = { region: REGION, headers: { 'X-Amz-Target': target }, body };
  return random.chance(0.02) ? { ...ask, ...random.pick(BAD_HEADS) } : ask;
}

const BAD_HEADS: readonly Ask[] = [
  { unsigned: true },
  { secret: 'another' },
  { accessKeyId: '__proto__' },
  { service: 's3' },
  { region: 'constructor' },
  { signedAtMs: 0 },
  { unsignedHeaders: ['Authorization', 'AWS4-HMAC-SHA256 Credential='] },
  { sessionToken: '__proto__' },
];

function toldBy({ status, json }: Answer): string {
  if (status === 200) return '200';
  expect(KMS_FAULT_NAMES).toContain(json.__type);
  return json.message === undefined ? json.__type : `${json.__type}: ${json.message}`;
}

function layerOf(told: string): string {
  return LAYERS.find(([, ends]) => ends(told))?.[0] as string;
}

/** Empty when all is well. */
function problemWith(answer: Answer, rig: KmsRig): string {
  if (![200, 400, 413].includes(answer.status)) return `${answer.body} ${logText(rig)}`;
  return findLeak(answer.status === 200 ? '' : answer.body, logText(rig));
}

/** A piece of the canary in a log line or in an error, in whatever form. */
function findLeak(error: string, log: string): string {
  const text = `${error}\n${log}`.toLowerCase();
  return CANARY_FORMS.filter((form) => text.includes(form))
    .map((form) => `plaintext (${form}) in ${text}`)
    .join('; ');
}

function shown({ headers, body }: Ask): string {
  return `${headers?.['X-Amz-Target']} ${String(body).slice(0, 2_000)}`;
}

function logText(rig: KmsRig): string {
  return JSON.stringify(printable(rig.lines));
}

/** Base64 has three forms, by what stands before. */
const CANARY_FORMS = [
  CANARY.slice(0, 12),
  Buffer.from(CANARY).toString('hex').slice(0, 24),
  [...Buffer.from(CANARY)].slice(0, 6).join(','),
  ...[0, 1, 2].map((before) =>
    Buffer.from(`${'x'.repeat(before)}${CANARY}`)
      .toString('base64')
      .slice(4, 20),
  ),
].map((form) => form.toLowerCase());

function report(name: string, count: number, ended: ReadonlyMap<string, number>): void {
  let reached = count;
  const shares = LAYERS.map(([layer]) => {
    const share = `${layer} ${((100 * reached) / count).toFixed(1)} %`;
    reached -= ended.get(layer) ?? 0;
    return share;
  });
  console.log(`kms fuzz, ${name}: seed ${SEED}, ${count} requests, reached: ${shares.join(', ')}`);
  expect(reached).toBe(0);
}

function anythingGoes(): Target {
  const keyIds = ['1234abcd-12ab-34cd-56ef-1234567890ab', 'alias/a'];
  const bytes = { ciphertexts: [new Uint8Array(184)], publicKeys: [new Uint8Array(91)] };
  return { rig: new KmsRig(), known: async () => ({ keyIds, ...bytes }) };
}

function softwareEngine(): Target {
  const inner = new Rig();
  const engine: KmsEngine = { run: (name, input, call) => inner.run(name, input, call) };
  let times = 0;
  let others: Promise<KnownThings>;
  const known = async (): Promise<KnownThings> => {
    if (times % OTHER_KINDS_EVERY === 0) others = otherKinds(inner);
    times += 1;
    return joined(await freshThings(inner), await others);
  };
  return { rig: new KmsRig({}, engine), known };
}

function joined(...all: readonly KnownThings[]): KnownThings {
  return {
    keyIds: all.flatMap(({ keyIds }) => keyIds),
    ciphertexts: all.flatMap(({ ciphertexts }) => ciphertexts),
    publicKeys: all.flatMap(({ publicKeys }) => publicKeys),
  };
}

/** A key of each kind that is used otherwise than a symmetric one. */
async function otherKinds(rig: Rig): Promise<KnownThings> {
  const kinds = [
    { keySpec: 'RSA_2048', keyUsage: 'ENCRYPT_DECRYPT' },
    { keySpec: 'ECC_NIST_P256', keyUsage: 'KEY_AGREEMENT' },
    { keySpec: 'ML_KEM_512', keyUsage: 'ENCAPSULATE_DECAPSULATE' },
    { keySpec: 'ECC_NIST_EDWARDS25519', keyUsage: 'SIGN_VERIFY' },
    { keySpec: 'ML_DSA_44', keyUsage: 'SIGN_VERIFY' },
    { keySpec: 'HMAC_256', keyUsage: 'GENERATE_VERIFY_MAC' },
  ] as const;
  const made = await Promise.all(kinds.map((kind) => rig.run('CreateKey', kind)));
  const keyIds = made.map(({ keyMetadata }) => keyMetadata?.keyId as string);
  const [rsa, agreement, kem] = keyIds as [string, string, string];
  const sealed = await rig.run('Encrypt', {
    keyId: rsa,
    plaintext: Buffer.from(CANARY),
    encryptionAlgorithm: 'RSAES_OAEP_SHA_256',
  });
  const capsule = await rig.run('Encapsulate', { keyId: kem, encapsulationAlgorithm: 'ML_KEM' });
  const halves = await Promise.all([rsa, agreement].map((keyId) => rig.run('GetPublicKey', { keyId })));
  return {
    keyIds,
    ciphertexts: [sealed.ciphertextBlob, capsule.sharedSecretCiphertextBlob] as Uint8Array[],
    publicKeys: halves.map(({ publicKey }) => publicKey as Uint8Array),
  };
}

async function freshThings(rig: Rig): Promise<KnownThings> {
  const keys = [await rig.newKey(), await rig.newKey(), await rig.newKey(), await rig.newKey()];
  const [usual, other, disabled, pending] = keys.map(({ id }) => id) as [string, string, string, string];
  const aliasName = `alias/${usual}`;
  await rig.run('CreateAlias', { aliasName, targetKeyId: usual });
  const plaintext = Buffer.from(CANARY);
  const sealed = await Promise.all(keys.map(({ id }) => rig.run('Encrypt', { keyId: id, plaintext })));
  await rig.run('DisableKey', { keyId: disabled });
  await rig.run('ScheduleKeyDeletion', { keyId: pending });
  return {
    keyIds: [usual, usual, usual, other, aliasName, ...keys.map(({ arn }) => arn)],
    ciphertexts: sealed.map(({ ciphertextBlob }) => ciphertextBlob as Uint8Array),
    publicKeys: [],
  };
}

const RENEWED_EVERY = 250;
/** Of these, since they take longer to make. */
const OTHER_KINDS_EVERY = 8;
