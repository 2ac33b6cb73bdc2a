import { createHash } from 'node:crypto';
import { describe, expect, it, test } from 'vitest';
import { callBy, faultOf, Rig } from '../rig.ts';
import { newKeyOf } from './keys.ts';

const BY_LIBRARY = [
  { algorithm: 'ECDSA_SHA_256', spec: 'ECC_NIST_P256', messageType: 'DIGEST', bytes: 32 },
  { algorithm: 'ED25519_PH_SHA_512', spec: 'ECC_NIST_EDWARDS25519', messageType: 'DIGEST', bytes: 64 },
  { algorithm: 'ML_DSA_SHAKE_256', spec: 'ML_DSA_44', messageType: 'EXTERNAL_MU', bytes: 64 },
] as const;
const BY_OPENSSL = [
  { algorithm: 'ECDSA_SHA_256', spec: 'ECC_NIST_P256', messageType: 'RAW', bytes: 32 },
  { algorithm: 'ED25519_SHA_512', spec: 'ECC_NIST_EDWARDS25519', messageType: 'RAW', bytes: 64 },
  { algorithm: 'ML_DSA_SHAKE_256', spec: 'ML_DSA_44', messageType: 'RAW', bytes: 64 },
  { algorithm: 'RSASSA_PSS_SHA_256', spec: 'RSA_2048', messageType: 'DIGEST', bytes: 32 },
] as const;
type Way = (typeof BY_LIBRARY | typeof BY_OPENSSL)[number];
/** One that is verified, and those that may wait. */
const PLACES = 101;
const MORE_THAN_WAIT = 120;

/** An engine with a key, and what Verify is asked about a signature of it. */
async function signed({ algorithm, spec, messageType, bytes }: Way) {
  const rig = new Rig();
  const { id } = await newKeyOf(rig, spec, 'SIGN_VERIFY');
  const message = createHash('sha512').update('attack at dawn').digest().subarray(0, bytes);
  const input = { keyId: id, signingAlgorithm: algorithm, message, messageType };
  const { signature } = await rig.run('Sign', input);
  return { rig, input: { ...input, signature: signature as Uint8Array } };
}

describe('Verify', () => {
  test.for(BY_LIBRARY)('does nothing for $algorithm of $messageType when it is too late', async (way) => {
    const { rig, input } = await signed(way);
    const late = rig.run('Verify', input, { ...callBy(), deadlineMs: 0 });
    expect(await faultOf(late)).toMatchObject({ code: 'timeout' });
    expect(await rig.run('Verify', input)).toMatchObject({ signatureValid: true });
  });

  test.for(BY_LIBRARY)('refuses $algorithm of $messageType where too many wait', async (way) => {
    const { rig, input } = await signed(way);
    const calls = Array.from({ length: MORE_THAN_WAIT }, () => rig.run('Verify', input));
    const outcomes = await Promise.allSettled(calls);
    const refused = outcomes.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(MORE_THAN_WAIT - PLACES);
    for (const outcome of refused) expect(outcome).toMatchObject({ reason: { code: 'busy' } });
  });

  test.for(BY_OPENSSL)('has $algorithm of $messageType wait behind no other', async (way) => {
    const slow = await signed(BY_LIBRARY[2]);
    const { rig, input } = await signed(way);
    let waiting = PLACES;
    const calls = Array.from({ length: waiting }, async () => {
      await slow.rig.run('Verify', slow.input);
      waiting -= 1;
    });
    expect(await rig.run('Verify', input)).toMatchObject({ signatureValid: true });
    expect(waiting).toBeGreaterThan(0);
    await Promise.all(calls);
  });
});

it('keeps the event loop free while libraries verify', async () => {
  const { rig, input } = await signed(BY_LIBRARY[2]);
  await rig.run('Verify', input);
  const before = { thread: process.threadCpuUsage(), process: process.cpuUsage() };
  await Promise.all(Array.from({ length: 50 }, () => rig.run('Verify', input)));
  const ofTheLoop = process.threadCpuUsage(before.thread).user;
  expect(ofTheLoop).toBeLessThan(process.cpuUsage(before.process).user / 2);
});
