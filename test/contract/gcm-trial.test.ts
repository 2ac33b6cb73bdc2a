import { createCipheriv } from 'node:crypto';
import pkcs11js from 'pkcs11js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { softhsm2 } from '../../src/hsm/devices/softhsm2.ts';
import { findToken, loadModule, type TokenSlot } from '../../src/hsm/pkcs11/pkcs11-module.ts';
import { tryGcm } from '../../src/hsm/pkcs11/probe/gcm-trial.ts';
import { SessionPool } from '../../src/hsm/pkcs11/session-pool.ts';
import { AlteredLibrary } from '../support/altered-library.ts';
import { createTestToken, type TestToken } from '../support/token.ts';

let token: TestToken;
let library: pkcs11js.PKCS11;
let slot: TokenSlot['slot'];
let sessions: SessionPool;

beforeAll(async () => {
  token = await createTestToken();
  // The module reads this when it is initialised; this process loads it once.
  process.env['SOFTHSM2_CONF'] = token.env.SOFTHSM2_CONF;
  library = loadModule(token.paths.module);
  slot = findToken(library, { label: token.label }).slot;
  sessions = new SessionPool(library, slot, softhsm2);
  sessions.login(token.pin);
});
afterAll(async () => {
  library.C_Finalize();
  await token[Symbol.asyncDispose]();
});

function probeGcm(
  over: pkcs11js.PKCS11,
  mechanisms: readonly number[] = [pkcs11js.CKM_AES_GCM],
  profile = softhsm2,
): string {
  return tryGcm({ library: over, slot, sessions, mechanisms, profile }).capability;
}

function altered(functions: Partial<pkcs11js.PKCS11>): pkcs11js.PKCS11 {
  const other = new AlteredLibrary(library);
  other.replace(functions);
  return other.library;
}

describe('the trial of GCM', () => {
  it('believes SoftHSM2 after a known answer and a refused tag', () => {
    expect(probeGcm(library)).toBe('tested');
    expect(probeGcm(library)).toBe('tested');
  });

  it('asks for a known answer that OpenSSL gives too', () => {
    const key = Buffer.from('feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308', 'hex');
    const cipher = createCipheriv('aes-256-gcm', key, Buffer.from('cafebabefacedbaddecaf888', 'hex'));
    cipher.setAAD(Buffer.from('feedfacedeadbeeffeedfacedeadbeefabaddad2', 'hex'));
    cipher.update(
      Buffer.from(
        'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
        'hex',
      ),
    );
    cipher.final();
    expect(cipher.getAuthTag().toString('hex')).toBe('76fc6ece0f4e1768cddf8853bb2d551b');
  });

  it('calls a mechanism that is not in the list missing', () => {
    expect(probeGcm(library, [])).toBe('missing');
  });

  it('takes the list for what it is where the token imports no session key', () => {
    const refuse = () => {
      throw new pkcs11js.Pkcs11Error('CKR_TEMPLATE_INCONSISTENT:209');
    };
    expect(probeGcm(altered({ C_CreateObject: refuse }))).toBe('listed');
  });

  it.for([
    { name: 'encrypts to something else', functions: { C_Encrypt: () => Buffer.alloc(76) } },
    { name: 'decrypts to something else', functions: { C_Decrypt: () => Buffer.alloc(60) } },
  ])('calls a mechanism wrong that $name', ({ functions }) => {
    expect(probeGcm(altered(functions as Partial<pkcs11js.PKCS11>))).toBe('wrong');
  });

  it('calls a mechanism refused that the token lists and will not do, for it may at another time', () => {
    const other = new AlteredLibrary(library);
    other.fail('C_EncryptInit', 'CKR_MECHANISM_INVALID:112', 1);
    expect(probeGcm(other.library)).toBe('refused');
    expect(probeGcm(other.library)).toBe('tested');
  });

  it('does not judge a mechanism by trouble of the moment', () => {
    const other = new AlteredLibrary(library);
    other.fail('C_EncryptInit', 'CKR_DEVICE_ERROR:48', 1);
    expect(() => probeGcm(other.library)).toThrow(/CKR_DEVICE_ERROR/);
    expect(probeGcm(other.library)).toBe('tested');
  });

  it('calls a mechanism wrong that lets a wrong tag through', () => {
    let decryptions = 0;
    const vector = Buffer.from(
      'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
      'hex',
    );
    const gullible = () => {
      decryptions += 1;
      return vector;
    };
    expect(
      probeGcm(altered({ C_DecryptInit: () => undefined, C_Decrypt: gullible } as Partial<pkcs11js.PKCS11>)),
    ).toBe('wrong');
    expect(decryptions).toBe(2);
  });
});
