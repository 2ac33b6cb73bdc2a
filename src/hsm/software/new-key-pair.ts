/** New key pairs, made by OpenSSL off the event loop: RSA takes seconds at worst. */
import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { KeySpec } from '../../domain/kms/api/enums.ts';
import type { Entropy } from '../../domain/ports/entropy.ts';
import { formOf } from '../asymmetric/key-forms.ts';
import { materialOfKey, type PrivateMaterial } from '../asymmetric/private-material.ts';
import { materialOfSeed } from '../asymmetric/seed-key.ts';

/** The caller wipes it. */
export async function newKeyPair(spec: KeySpec, entropy: Entropy): Promise<PrivateMaterial> {
  const form = formOf(spec);
  if (form.family === 'rsa') return materialOfKey(await rsa(form.modulusBits));
  if (form.family === 'ec') return materialOfKey(await ec(form.openSslCurve));
  const seed = entropy.randomBytes(form.seedBytes);
  try {
    return materialOfSeed(spec, seed);
  } finally {
    seed.fill(0);
  }
}

async function rsa(modulusLength: number): Promise<KeyObject> {
  return (await generate('rsa', { modulusLength, publicExponent: 65_537 })).privateKey;
}

async function ec(namedCurve: string): Promise<KeyObject> {
  return (await generate('ec', { namedCurve })).privateKey;
}

const generate = promisify(generateKeyPair);
