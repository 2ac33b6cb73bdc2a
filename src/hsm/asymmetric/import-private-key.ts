/**
 * Reads a private key that came from outside, and believes nothing of it: PKCS#8 (RFC 5958, version 1) in DER to the
 * last byte, of just this spec, with parts that belong together. What is stored afterwards is encoded anew.
 */
import { createECDH, createPrivateKey } from 'node:crypto';
import type * as Asn1Ecc from '@peculiar/asn1-ecc';
import type * as Asn1Pkcs8 from '@peculiar/asn1-pkcs8';
import type * as Asn1Schema from '@peculiar/asn1-schema';
import { HsmFault } from '../../domain/hsm-fault.ts';
import type { KeySpec } from '../../domain/kms/api/enums.ts';
import { type CurveForm, formOf, type KeyForm, type RsaForm, type SeedForm } from './key-forms.ts';
import { materialOfKey, type PrivateMaterial } from './private-material.ts';
import { requireSoundRsa } from './rsa-soundness.ts';
import { materialOfSeed } from './seed-key.ts';
import { whenNeeded } from './when-needed.ts';

/** Fault `usage` for all that is not exactly a private key of this spec. The caller wipes `der`. */
export function importPrivateKey(spec: KeySpec, der: Uint8Array): PrivateMaterial {
  const form = formOf(spec);
  const info = parseExactly(der, asn1Pkcs8().PrivateKeyInfo);
  const inner = Buffer.from(info.privateKey.buffer);
  try {
    if (info.version !== 0) throw unfit('it is of another version');
    if (identifierOf(info) !== `${form.oid} ${form.parameters}`) throw unfit('it is of another algorithm');
    return read(spec, form, inner);
  } finally {
    inner.fill(0);
  }
}

function read(spec: KeySpec, form: KeyForm, inner: Buffer): PrivateMaterial {
  if (form.family === 'rsa') return readRsa(form, inner);
  if (form.family === 'ec') return readCurve(form, inner);
  return readSeed(spec, form, inner);
}

function readRsa({ modulusBits }: RsaForm, inner: Buffer): PrivateMaterial {
  const key = orUnfit(() => createPrivateKey({ key: inner, format: 'der', type: 'pkcs1' }));
  const again = key.export({ type: 'pkcs1', format: 'der' });
  const exact = again.equals(inner);
  again.fill(0);
  if (!exact) throw unfit('its RSAPrivateKey is not DER to the last byte, or has more than two primes');
  requireSoundRsa(key, modulusBits);
  return materialOfKey(key);
}

/** RFC 5915. The public point is computed anew: nobody checks one that came along. */
function readCurve(form: CurveForm, inner: Buffer): PrivateMaterial {
  const key = parseExactly(inner, asn1Ecc().ECPrivateKey);
  const scalar = Buffer.from(key.privateKey.buffer);
  try {
    const curve =
      key.parameters === undefined ? form.parameters : hex(asn1Schema().AsnConvert.serialize(key.parameters));
    if (key.version !== 1 || curve !== form.parameters) throw unfit('it is on another curve');
    if (scalar.length !== form.fieldBytes) throw unfit(`its number has ${scalar.length} bytes`);
    const point = pointOf(form, scalar);
    if (key.publicKey !== undefined && !point.equals(Buffer.from(key.publicKey))) {
      throw unfit('its public key is not its own');
    }
    return materialOfKey(keyOfScalar(form, scalar, point));
  } finally {
    scalar.fill(0);
  }
}

/** Uncompressed. */
function pointOf({ openSslCurve }: CurveForm, scalar: Buffer): Buffer {
  const ecdh = createECDH(openSslCurve);
  orUnfit(() => ecdh.setPrivateKey(scalar));
  return ecdh.getPublicKey();
}

function keyOfScalar({ curve, fieldBytes }: CurveForm, scalar: Buffer, point: Buffer) {
  const x = point.subarray(1, 1 + fieldBytes).toString('base64url');
  const y = point.subarray(1 + fieldBytes).toString('base64url');
  const key = { kty: 'EC', crv: curve, d: scalar.toString('base64url'), x, y };
  return createPrivateKey({ key, format: 'jwk' });
}

function readSeed(spec: KeySpec, { seedTag, seedBytes }: SeedForm, inner: Buffer): PrivateMaterial {
  const exact = inner.length === 2 + seedBytes && inner[0] === seedTag && inner[1] === seedBytes;
  if (!exact) throw unfit(`its private key is not a seed of ${seedBytes} bytes`);
  return materialOfSeed(spec, inner.subarray(2));
}

function identifierOf({ privateKeyAlgorithm: { algorithm, parameters } }: Asn1Pkcs8.PrivateKeyInfo): string {
  if (parameters === undefined) return `${algorithm} absent`;
  return `${algorithm} ${parameters === null ? 'NULL' : hex(parameters)}`;
}

/** A parser takes BER, and leaves alone what follows: what it understood, encoded as DER, has to be what was given. */
function parseExactly<T extends object>(der: Uint8Array, type: new () => T): T {
  const { AsnConvert } = asn1Schema();
  const parsed = orUnfit(() => AsnConvert.parse(der, type));
  const again = Buffer.from(AsnConvert.serialize(parsed));
  const exact = again.equals(der);
  again.fill(0);
  if (!exact) throw unfit('it is not DER to the last byte');
  return parsed;
}

function orUnfit<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw unfit('it cannot be read', cause);
  }
}

function unfit(why: string, cause?: unknown): HsmFault {
  return new HsmFault('usage', `this is no private key of the key's spec in PKCS#8: ${why}`, { cause });
}

function hex(bytes: ArrayBuffer): string {
  return Buffer.from(bytes).toString('hex');
}

const asn1Schema = whenNeeded<typeof Asn1Schema>('@peculiar/asn1-schema');
const asn1Pkcs8 = whenNeeded<typeof Asn1Pkcs8>('@peculiar/asn1-pkcs8');
const asn1Ecc = whenNeeded<typeof Asn1Ecc>('@peculiar/asn1-ecc');
