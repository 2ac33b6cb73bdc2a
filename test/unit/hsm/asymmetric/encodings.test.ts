import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { findAlgorithm } from '../../../../src/domain/key/algorithms.ts';
import type { SigningRequest } from '../../../../src/domain/ports/key-vault.ts';
import { ecdsaDer } from '../../../../src/hsm/asymmetric/ecdsa-signature.ts';
import { digestInfo } from '../../../../src/hsm/asymmetric/pkcs1-encoding.ts';
import { curveScalar, rsaComponents } from '../../../../src/hsm/asymmetric/private-components.ts';
import { curveKey, curvePublicKey, rsaPublicKey } from '../../../../src/hsm/asymmetric/public-key.ts';
import { requireSigningInput } from '../../../../src/hsm/asymmetric/signing-input.ts';
import { fromHex } from './der.ts';

describe('ECDSA-Sig-Value', () => {
  it.for([
    { what: 'as they are', r: '7f01', s: '0102', der: '300802027f0102020102' },
    { what: 'with a zero in front of a high bit', r: '8001', s: 'ff02', der: '300a0203008001020300ff02' },
    { what: 'without zeros in front', r: '0001', s: '0080', der: '300702010102020080' },
    { what: 'that are zero', r: '0000', s: '0001', der: '3006020100020101' },
  ])('has numbers $what', ({ r, s, der }) => {
    expect(ecdsaDer(fromHex(r + s), 2).toString('hex')).toBe(der);
  });

  it('has a length of two bytes where P-521 needs it', () => {
    const signature = Buffer.concat([
      Buffer.of(1),
      Buffer.alloc(65, 0xff),
      Buffer.of(1),
      Buffer.alloc(65, 0xff),
    ]);
    const number = `024201${'ff'.repeat(65)}`;
    expect(ecdsaDer(signature, 66).toString('hex')).toBe(`308188${number}${number}`);
  });

  it('is not made of a signature of another length', () => {
    expect(() => ecdsaDer(Buffer.alloc(63), 32)).toThrow(
      expect.objectContaining({ name: 'HsmFault', code: 'internal' }),
    );
  });
});

describe('DigestInfo', () => {
  it.for([
    { hash: 'sha256', bytes: 32, prefix: '3031300d060960864801650304020105000420' },
    { hash: 'sha384', bytes: 48, prefix: '3041300d060960864801650304020205000430' },
    { hash: 'sha512', bytes: 64, prefix: '3051300d060960864801650304020305000440' },
  ] as const)('of $hash is that of RFC 8017', ({ hash, bytes, prefix }) => {
    expect(digestInfo(hash, Buffer.alloc(bytes, 0xdd)).toString('hex')).toBe(prefix + 'dd'.repeat(bytes));
  });

  it('of SHA-1 is a mistake', () => {
    expect(() => digestInfo('sha1', Buffer.alloc(20))).toThrow(expect.objectContaining({ name: 'Bug' }));
  });
});

describe('the numbers of a key', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-521' });
  const rsaPkcs8 = rsa.privateKey.export({ type: 'pkcs8', format: 'der' });
  const ecPkcs8 = ec.privateKey.export({ type: 'pkcs8', format: 'der' });
  const point = ec.publicKey.export({ format: 'raw-public' });

  it('of RSA make its public key again', () => {
    const { modulus, publicExponent } = rsaComponents(rsaPkcs8);
    const expected = rsa.publicKey.export({ type: 'spki', format: 'der' });
    expect(rsaPublicKey(modulus, publicExponent).toString('hex')).toBe(expected.toString('hex'));
  });

  it('of RSA belong together', () => {
    const parts = rsaComponents(rsaPkcs8);
    const number = (bytes: Buffer) => BigInt(`0x${bytes.toString('hex')}`);
    const [n, p, q, d] = [parts.modulus, parts.prime1, parts.prime2, parts.privateExponent].map(number) as [
      bigint,
      bigint,
      bigint,
      bigint,
    ];
    expect(p * q).toBe(n);
    expect(number(parts.exponent1)).toBe(d % (p - 1n));
    expect(number(parts.exponent2)).toBe(d % (q - 1n));
    expect((number(parts.coefficient) * q) % p).toBe(1n);
    expect(number(parts.publicExponent)).toBe(65_537n);
  });

  it('on a curve have as many bytes as a coordinate', () => {
    const scalar = curveScalar(ecPkcs8);
    expect(scalar).toHaveLength(66);
    expect(scalar.toString('base64url')).toBe(ec.privateKey.export({ format: 'jwk' }).d);
    const expected = ec.publicKey.export({ type: 'spki', format: 'der' });
    expect(curvePublicKey('P-521', point).toString('hex')).toBe(expected.toString('hex'));
  });

  it('are not there where the key has none', () => {
    expect(() => rsaComponents(ecPkcs8)).toThrow(expect.objectContaining({ name: 'Bug' }));
  });

  it.for([
    { what: 'is compressed', bytes: Buffer.concat([Buffer.of(2), point.subarray(1, 67)]) },
    { what: 'is cut', bytes: point.subarray(0, -1) },
    { what: 'is longer', bytes: Buffer.concat([point, Buffer.alloc(1)]) },
    {
      what: 'is beside the curve',
      bytes: Buffer.concat([point.subarray(0, -1), Buffer.of((point.at(-1) ?? 0) ^ 1)]),
    },
    { what: 'is infinity', bytes: Buffer.concat([Buffer.of(4), Buffer.alloc(132)]) },
  ])('are no point that $what', ({ bytes }) => {
    expect(() => curveKey('P-521', bytes)).toThrow(
      expect.objectContaining({ name: 'HsmFault', code: 'usage' }),
    );
  });
});

describe('the input of a signature', () => {
  const rows = {
    RSA_2048: findAlgorithm({ spec: 'RSA_2048', usage: 'SIGN_VERIFY' }, 'RSASSA_PSS_SHA_384'),
    ED25519: findAlgorithm({ spec: 'ECC_NIST_EDWARDS25519', usage: 'SIGN_VERIFY' }, 'ED25519_SHA_512'),
    ED25519_PH: findAlgorithm({ spec: 'ECC_NIST_EDWARDS25519', usage: 'SIGN_VERIFY' }, 'ED25519_PH_SHA_512'),
    ML_DSA_44: findAlgorithm({ spec: 'ML_DSA_44', usage: 'SIGN_VERIFY' }, 'ML_DSA_SHAKE_256'),
  };

  it.for([
    { spec: 'RSA_2048', form: 'digest', bytes: 48 },
    { spec: 'ED25519', form: 'message', bytes: 0 },
    { spec: 'ED25519_PH', form: 'digest', bytes: 64 },
    { spec: 'ML_DSA_44', form: 'message', bytes: 4096 },
    { spec: 'ML_DSA_44', form: 'mu', bytes: 64 },
  ] as const)('may be a $form of $bytes bytes for $spec', ({ spec, form, bytes }) => {
    expect(() => requireSigningInput(request(spec, form, bytes))).not.toThrow();
  });

  it.for([
    { spec: 'RSA_2048', form: 'digest', bytes: 47 },
    { spec: 'RSA_2048', form: 'message', bytes: 48 },
    { spec: 'ED25519', form: 'digest', bytes: 64 },
    { spec: 'ED25519_PH', form: 'message', bytes: 64 },
    { spec: 'ED25519_PH', form: 'digest', bytes: 63 },
    { spec: 'ML_DSA_44', form: 'digest', bytes: 64 },
    { spec: 'ML_DSA_44', form: 'mu', bytes: 65 },
  ] as const)('is a mistake as a $form of $bytes bytes for $spec', ({ spec, form, bytes }) => {
    expect(() => requireSigningInput(request(spec, form, bytes))).toThrow(
      expect.objectContaining({ name: 'Bug' }),
    );
  });

  function request(spec: keyof typeof rows, form: SigningRequest['form'], bytes: number): SigningRequest {
    return { row: rows[spec], form, input: Buffer.alloc(bytes) } as SigningRequest;
  }
});
