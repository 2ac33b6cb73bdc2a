import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { KEY_KINDS } from '../../../../src/domain/key/key-specs.ts';
import {
  type ExportedKey,
  encodeExportedKey,
  macInput,
  parseExportedKey,
} from '../../../../src/hsm/material/exported-key-token.ts';
import { macMaterialId, materialIdInput, publicMaterialId } from '../../../../src/hsm/material/prf-inputs.ts';

const OWNER = { account: '111122223333', keyId: 'mrk-0123' };
const MATERIAL_ID = 'ab'.repeat(32);
const EMPTY = Buffer.alloc(0);

/** The numbers of docs/key-hierarchy.md, typed from there. */
const KINDS = [
  { spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT', numbers: '0101' },
  { spec: 'RSA_2048', usage: 'ENCRYPT_DECRYPT', numbers: '0201' },
  { spec: 'RSA_2048', usage: 'SIGN_VERIFY', numbers: '0202' },
  { spec: 'RSA_3072', usage: 'ENCRYPT_DECRYPT', numbers: '0301' },
  { spec: 'RSA_3072', usage: 'SIGN_VERIFY', numbers: '0302' },
  { spec: 'RSA_4096', usage: 'ENCRYPT_DECRYPT', numbers: '0401' },
  { spec: 'RSA_4096', usage: 'SIGN_VERIFY', numbers: '0402' },
  { spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY', numbers: '0502' },
  { spec: 'ECC_NIST_P256', usage: 'KEY_AGREEMENT', numbers: '0504' },
  { spec: 'ECC_NIST_P384', usage: 'SIGN_VERIFY', numbers: '0602' },
  { spec: 'ECC_NIST_P384', usage: 'KEY_AGREEMENT', numbers: '0604' },
  { spec: 'ECC_NIST_P521', usage: 'SIGN_VERIFY', numbers: '0702' },
  { spec: 'ECC_NIST_P521', usage: 'KEY_AGREEMENT', numbers: '0704' },
  { spec: 'ECC_SECG_P256K1', usage: 'SIGN_VERIFY', numbers: '0802' },
  { spec: 'ECC_NIST_EDWARDS25519', usage: 'SIGN_VERIFY', numbers: '0902' },
  { spec: 'ML_DSA_44', usage: 'SIGN_VERIFY', numbers: '0a02' },
  { spec: 'ML_DSA_65', usage: 'SIGN_VERIFY', numbers: '0b02' },
  { spec: 'ML_DSA_87', usage: 'SIGN_VERIFY', numbers: '0c02' },
  { spec: 'ML_KEM_512', usage: 'ENCAPSULATE_DECAPSULATE', numbers: '0d05' },
  { spec: 'ML_KEM_768', usage: 'ENCAPSULATE_DECAPSULATE', numbers: '0e05' },
  { spec: 'ML_KEM_1024', usage: 'ENCAPSULATE_DECAPSULATE', numbers: '0f05' },
  { spec: 'HMAC_224', usage: 'GENERATE_VERIFY_MAC', numbers: '1003' },
  { spec: 'HMAC_256', usage: 'GENERATE_VERIFY_MAC', numbers: '1103' },
  { spec: 'HMAC_384', usage: 'GENERATE_VERIFY_MAC', numbers: '1203' },
  { spec: 'HMAC_512', usage: 'GENERATE_VERIFY_MAC', numbers: '1303' },
] as const;

/** Both versions begin alike: `version ‖ generation ‖ wrap ‖ account ‖ key id ‖ material id ‖ spec ‖ usage`. */
function head(versionToWrap: string, numbers: string): string {
  return `${versionToWrap}${hex(Buffer.from('111122223333'))}08${hex(Buffer.from('mrk-0123'))}${MATERIAL_ID}${numbers}`;
}

function exported(change: Partial<ExportedKey> = {}): ExportedKey {
  return {
    ...OWNER,
    materialId: MATERIAL_ID,
    generation: 258,
    spec: 'ML_DSA_44',
    usage: 'SIGN_VERIFY',
    wrapped: EMPTY,
    sealed: Buffer.from('5ea1', 'hex'),
    publicKey: Buffer.from('3000', 'hex'),
    ...change,
  };
}

function token(body: Uint8Array): Buffer {
  return Buffer.concat([body, Buffer.alloc(32, 0xcc)]);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

describe('an exported key token', () => {
  it('of version 1 is for a symmetric key, byte for byte', () => {
    const wrapped = Buffer.alloc(40, 0x77);
    const key = { ...OWNER, materialId: MATERIAL_ID, generation: 258, wrapped };
    const body = encodeExportedKey({ ...key, spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT' });
    expect(hex(body)).toBe(`${head('01010201', '0101')}28${'77'.repeat(40)}`);
    expect(parseExportedKey(token(body))).toMatchObject({
      ...key,
      spec: 'SYMMETRIC_DEFAULT',
      usage: 'ENCRYPT_DECRYPT',
      wrap: 'kw',
      sealed: EMPTY,
      publicKey: EMPTY,
      body,
      mac: Buffer.alloc(32, 0xcc),
    });
  });

  it.for([
    { what: 'wrapped and with a public key', wrapped: '0102', sealed: '', wrap: 'kwp', head: '02010202' },
    { what: 'sealed and with a public key', wrapped: '', sealed: '0102', wrap: 'none', head: '02010200' },
    { what: 'wrapped and sealed', wrapped: '01', sealed: '02', wrap: 'kwp', head: '02010202' },
  ])('of version 2 is for what is $what, byte for byte', (row) => {
    const wrapped = Buffer.from(row.wrapped, 'hex');
    const sealed = Buffer.from(row.sealed, 'hex');
    const publicKey = Buffer.alloc(300, 0x99);
    const key = exported({ wrapped, sealed, publicKey });
    const body = encodeExportedKey(key);
    const parts = `000${wrapped.length}${row.wrapped}000${sealed.length}${row.sealed}012c${'99'.repeat(300)}`;
    expect(hex(body)).toBe(head(row.head, '0a02') + parts);
    expect(parseExportedKey(token(body))).toMatchObject({ ...key, wrap: row.wrap, body });
  });

  it('of version 2 has empty parts where nothing is given, and says when RFC 3394 wrapped it', () => {
    const { sealed: _, publicKey: __, ...bare } = exported();
    const key = { ...bare, spec: 'HMAC_256', usage: 'GENERATE_VERIFY_MAC', wrap: 'kw' } as const;
    const body = encodeExportedKey({ ...key, wrapped: Buffer.of(7) });
    expect(hex(body)).toBe(`${head('02010201', '1103')}00010700000000`);
    expect(parseExportedKey(token(body))).toMatchObject({ wrap: 'kw', sealed: EMPTY, publicKey: EMPTY });
  });

  it('is there for every kind of key', () => {
    const known = KINDS.map(({ spec, usage }) => `${spec} ${usage}`);
    expect(KEY_KINDS.map(({ spec, usage }) => `${spec} ${usage}`).sort()).toEqual(known.sort());
  });

  it.for(KINDS)('of $spec for $usage has the numbers $numbers', ({ spec, usage, numbers }) => {
    const key = { ...OWNER, materialId: MATERIAL_ID, generation: 1, wrapped: Buffer.of(1), spec, usage };
    const body = encodeExportedKey(key);
    expect(hex(body.subarray(16 + 1 + 8 + 32, 16 + 1 + 8 + 34))).toBe(numbers);
    expect(parseExportedKey(token(body))).toMatchObject({ spec, usage });
  });

  it('is authenticated under a label', () => {
    expect(hex(macInput(Buffer.of(2, 3)))).toBe(`${hex(Buffer.from('kms-exported-key/1'))}000203`);
  });

  const sound = encodeExportedKey(exported());
  it.for([
    { what: 'nothing', bytes: EMPTY },
    { what: 'no room for a body', bytes: sound.subarray(0, 59 + 32) },
    { what: 'a length of which half is missing', bytes: token(sound.subarray(0, 59 + 1)) },
    { what: 'a last length missing', bytes: token(sound.subarray(0, 59 + 2 + 4)) },
    { what: 'a part cut', bytes: token(sound.subarray(0, -1)) },
    { what: 'a byte after the parts', bytes: token(Buffer.concat([sound, Buffer.of(0)])) },
    { what: 'another version', bytes: token(changed(sound, 0, 3)) },
    { what: 'version 1 for a kind of version 2', bytes: token(changed(sound, 0, 1)) },
    { what: 'a way of wrapping that is none', bytes: token(changed(sound, 3, 3)) },
    { what: 'a way of wrapping, and nothing that is wrapped', bytes: token(changed(sound, 3, 2)) },
    { what: 'a spec that is none', bytes: token(changed(sound, 57, 20)) },
    { what: 'a usage that the spec does not have', bytes: token(changed(sound, 58, 4)) },
    { what: 'neither wrapped nor sealed', bytes: token(neither()) },
    { what: 'wrapped, without the way', bytes: token(changed(wrappedBody(), 3, 0)) },
  ])('is none with $what', ({ bytes }) => {
    expect(() => parseExportedKey(bytes)).toThrow(
      expect.objectContaining({ name: 'HsmFault', code: 'corrupt' }),
    );
  });

  const symmetric = { spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT' } as const;
  const none = { sealed: EMPTY, publicKey: EMPTY };
  it.for<{ what: string; change: Partial<ExportedKey> }>([
    { what: 'an account of eleven digits', change: { account: '12345678901' } },
    { what: 'no key id', change: { keyId: '' } },
    { what: 'a material id in capitals', change: { materialId: 'AB'.repeat(32) } },
    { what: 'generation 0', change: { generation: 0 } },
    { what: 'generation 65 536', change: { generation: 65_536 } },
    { what: 'neither wrapped nor sealed material', change: none },
    { what: 'a part of 65 536 bytes', change: { publicKey: Buffer.alloc(65_536) } },
    { what: 'a way of wrapping, and nothing that is wrapped', change: { wrap: 'kwp' } },
    { what: 'SM2', change: { spec: 'SM2' } },
    { what: 'a symmetric key that is sealed', change: { ...symmetric, publicKey: EMPTY } },
    { what: 'a symmetric key with a public key', change: { ...symmetric, sealed: EMPTY } },
    { what: 'a symmetric key of 256 bytes', change: { ...symmetric, ...none, wrapped: Buffer.alloc(256) } },
    { what: 'a symmetric key by RFC 5649', change: { ...symmetric, ...none, wrap: 'kwp' } },
  ])('is not made with $what', ({ change }) => {
    expect(() => encodeExportedKey(exported(change))).toThrow(expect.objectContaining({ name: 'Bug' }));
  });
});

describe('a key material id', () => {
  const name = `14${hex(Buffer.from('111122223333mrk-0123'))}`;

  it('of a public key is a hash over whose it is and the key', () => {
    const input = `${hex(Buffer.from('kms-public-material-id/1'))}00${name}3003020101`;
    const expected = createHash('sha256').update(Buffer.from(input, 'hex')).digest('hex');
    expect(publicMaterialId(OWNER, Buffer.from('3003020101', 'hex'))).toBe(expected);
  });

  it("of an HMAC key is a hash of the key's own HMAC", () => {
    expect(hex(materialIdInput(OWNER))).toBe(`${hex(Buffer.from('kms-material-id/1'))}00${name}`);
    const input = `${hex(Buffer.from('kms-mac-material-id/1'))}00${'ee'.repeat(28)}`;
    const expected = createHash('sha256').update(Buffer.from(input, 'hex')).digest('hex');
    expect(macMaterialId(Buffer.alloc(28, 0xee))).toBe(expected);
  });
});

function changed(bytes: Uint8Array, at: number, value: number): Buffer {
  const altered = Buffer.from(bytes);
  altered[at] = value;
  return altered;
}

function neither(): Buffer {
  return Buffer.concat([encodeExportedKey(exported()).subarray(0, 59), Buffer.alloc(6)]);
}

function wrappedBody(): Buffer {
  return encodeExportedKey(exported({ wrapped: Buffer.of(1) }));
}
