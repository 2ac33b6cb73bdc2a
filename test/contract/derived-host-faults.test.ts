import { randomBytes } from 'node:crypto';
import pkcs11js from 'pkcs11js';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DerivedScheme } from '../../src/domain/hsm/aead-scheme.ts';
import type { KeyRole } from '../../src/domain/ports/hsm.ts';
import { SchemeAead } from '../../src/hsm/aead/scheme-aead.ts';
import { loadModule } from '../../src/hsm/pkcs11/pkcs11-module.ts';
import { deriveInModel } from '../support/aead-model.ts';
import { AlteredLibrary } from '../support/altered-library.ts';
import { importKeys } from '../support/import-key.ts';
import { type InProcessHost, openInProcessHost } from '../support/in-process-host.ts';
import { keyBytes, schemeKey } from '../support/scheme-keys.ts';
import { createTestToken, type TestToken } from '../support/token.ts';

// The host runs in this process, over a socket pair, on a real token: what it hands to the module can be watched.
const KEYS = {
  'native-gcm': schemeKey('native-gcm'),
  hmac: schemeKey('hmac'),
  cmac: schemeKey('cmac'),
  'cbc-mac': schemeKey('cbc-mac'),
  health: schemeKey('hmac', { label: 'health', idHex: 'd0ff' }),
};
const SCHEMES = [{ scheme: 'hmac' }, { scheme: 'cmac' }, { scheme: 'cbc-mac' }] as const;

let token: TestToken;
let real: pkcs11js.PKCS11;
let altered: AlteredLibrary;
let host: InProcessHost;
let aead: SchemeAead;

beforeAll(async () => {
  token = await createTestToken();
  await importKeys(token, Object.values(KEYS));
  process.env['SOFTHSM2_CONF'] = token.env.SOFTHSM2_CONF;
  real = loadModule(token.paths.module);
  altered = new AlteredLibrary(real);
});
afterAll(async () => {
  await token[Symbol.asyncDispose]();
});

beforeEach(async () => {
  await openHost();
});
afterEach(() => {
  altered.heal();
  host.link.lose('end of test');
});

async function openHost(): Promise<void> {
  host = await openInProcessHost(altered.library, token);
  expect(await host.prepare(HEALTH_KEY)).toMatchObject({ canary: '' });
  aead = new SchemeAead(host.call, { randomBytes });
}

const HEALTH_KEY = { label: 'health', scheme: 'hmac' } as const;
const plaintext = Buffer.from('twenty bytes of text');
const context = () => ({ tenant: 1, deadlineMs: performance.now() + 5_000 });

function roleOf(scheme: KeyRole['scheme']): KeyRole {
  const key = { token: 'soft', selector: { label: scheme } };
  return { key, admitted: 'any object', scheme, generation: 0, keyName: 'foo' };
}

const seal = (scheme: KeyRole['scheme']) =>
  aead.seal({ ...roleOf(scheme), plaintext, aad: (metadata) => metadata }, context());
const open = (scheme: KeyRole['scheme'], sealed: Awaited<ReturnType<typeof seal>>) =>
  aead.open({ ...roleOf(scheme), ...sealed, aad: sealed.metadata }, context());

type MacFunction = 'C_Sign' | 'C_Encrypt';
const functionOf = (scheme: DerivedScheme): MacFunction => (scheme === 'cbc-mac' ? 'C_Encrypt' : 'C_Sign');

/** Every buffer that the module writes values of the function to from now on, and how often it did. */
function watchOutputs(scheme: DerivedScheme): { buffers: Buffer[]; values: string[] } {
  const name = functionOf(scheme);
  const buffers: Buffer[] = [];
  const values: string[] = [];
  altered.replace({
    [name]: (session: Buffer, input: Buffer, output: Buffer) => {
      const answer = real[name](session, input, output);
      buffers.push(output);
      values.push(output.toString('hex'));
      return answer;
    },
  });
  return { buffers, values };
}

/** What the module answers is changed on its way back. */
function answering(scheme: DerivedScheme, change: (answer: Buffer) => Buffer): void {
  altered.replace({
    [functionOf(scheme)]: (session: Buffer, input: Buffer, output: Buffer) =>
      change(real[functionOf(scheme)](session, input, output)),
  });
}

describe('what the module returned', () => {
  it.for(SCHEMES)('of $scheme is wiped when the message is sealed', async ({ scheme }) => {
    // The first message also looks at the key, with its check value.
    await seal(scheme);
    const { buffers, values } = watchOutputs(scheme);
    await seal(scheme);
    expect(values.length).toBe(scheme === 'hmac' ? 1 : 2);
    expect(new Set(values).size).toBe(values.length);
    expect(values.every((value) => /[1-9a-f]/.test(value))).toBe(true);
    for (const buffer of buffers) expect(buffer.equals(Buffer.alloc(buffer.length))).toBe(true);
  });

  it.for(SCHEMES)('of $scheme is wiped when a message is opened, or refused', async ({ scheme }) => {
    const sealed = await seal(scheme);
    const { buffers } = watchOutputs(scheme);
    await open(scheme, sealed);
    await expect(open(scheme, { ...sealed, tag: Buffer.alloc(16) })).rejects.toMatchObject({
      code: 'corrupt',
    });
    expect(buffers.length).toBe(scheme === 'hmac' ? 2 : 4);
    for (const buffer of buffers) expect(buffer.equals(Buffer.alloc(buffer.length))).toBe(true);
  });

  it.for(SCHEMES)('of $scheme, and the key made of it, stay in no buffer', async ({ scheme }) => {
    await seal(scheme);
    const { values } = watchOutputs(scheme);
    const allocate = Buffer.alloc;
    const allocated: Buffer[] = [];
    vi.spyOn(Buffer, 'alloc').mockImplementation((...args) => {
      const buffer = allocate(...args);
      allocated.push(buffer);
      return buffer;
    });
    const { metadata, iv } = await seal(scheme);
    const key = keyBytes(KEYS[scheme]);
    const nonce = metadata.subarray(4);
    const { prfOutputs } = deriveInModel({ scheme, key, externalKeyId: 'foo', generation: 0, nonce, iv });
    for (const output of prfOutputs) {
      expect(values.some((value) => value.includes(output.toString('hex')))).toBe(true);
      expect(allocated.filter((buffer) => buffer.includes(output))).toEqual([]);
    }
    expect(allocated.length).toBeGreaterThan(2);
  });

  it.for([{ scheme: 'cmac' }, { scheme: 'cbc-mac' }] as const)(
    'of $scheme is wiped when the second call fails',
    async ({ scheme }) => {
      const name = functionOf(scheme);
      const buffers: Buffer[] = [];
      altered.replace({
        [name]: (session: Buffer, input: Buffer, output: Buffer) => {
          const answer = real[name](session, input, output);
          buffers.push(output);
          if (buffers.length % 2 === 0) throw new pkcs11js.Pkcs11Error('CKR_FUNCTION_REJECTED:512');
          return answer;
        },
      });
      await expect(seal(scheme)).rejects.toMatchObject({ code: 'denied' });
      expect(buffers.length).toBe(2);
      for (const buffer of buffers) expect(buffer.equals(Buffer.alloc(buffer.length))).toBe(true);
    },
  );
});

describe('a token that answers wrongly', () => {
  it.for(SCHEMES)('makes no ciphertext with $scheme when it writes nothing', async ({ scheme }) => {
    answering(scheme, (answer) => answer.fill(0));
    await expect(seal(scheme)).rejects.toMatchObject({ code: 'unavailable' });
  });

  it.for(SCHEMES)(
    'makes no ciphertext with $scheme when it claims success and does nothing',
    async ({ scheme }) => {
      altered.replace({ [functionOf(scheme)]: (_session: Buffer, _input: Buffer, output: Buffer) => output });
      await expect(seal(scheme)).rejects.toMatchObject({ code: 'unavailable' });
      expect(host.onUnfit).toHaveBeenCalledTimes(scheme === 'cbc-mac' ? 0 : 1);
    },
  );

  it.for([{ scheme: 'cmac' }, { scheme: 'cbc-mac' }] as const)(
    'makes no ciphertext with $scheme when it answers everything alike',
    async ({ scheme }) => {
      answering(scheme, (answer) => answer.fill(0xa5));
      await expect(seal(scheme)).rejects.toMatchObject({ code: 'unavailable' });
    },
  );

  it.for(SCHEMES)('makes no ciphertext with $scheme when it answers with too little', async ({ scheme }) => {
    answering(scheme, (answer) => answer.subarray(1));
    await expect(seal(scheme)).rejects.toMatchObject({ code: 'unavailable' });
  });

  it.for(SCHEMES)(
    'mistake 7: $scheme never blames data of which the token has seen nothing',
    async ({ scheme }) => {
      const sealed = await seal(scheme);
      altered.fail(functionOf(scheme), 'CKR_ENCRYPTED_DATA_INVALID:64', 1);
      expect(Buffer.from(await open(scheme, sealed))).toEqual(plaintext);
      expect(host.onUnfit).not.toHaveBeenCalled();
      altered.fail(functionOf(scheme), 'CKR_ENCRYPTED_DATA_INVALID:64', Number.POSITIVE_INFINITY);
      await expect(open(scheme, sealed)).rejects.toMatchObject({ code: 'unavailable' });
    },
  );
});

describe('a token that fails the known answers of a scheme', () => {
  it.for([
    { scheme: 'hmac', mechanism: 'CKM_SHA256_HMAC' },
    { scheme: 'cmac', mechanism: 'CKM_AES_CMAC' },
    { scheme: 'cbc-mac', mechanism: 'CKM_AES_CBC' },
  ] as const)(
    'makes and opens no ciphertext with $scheme, even when it answers well later',
    async ({ scheme, mechanism }) => {
      const sealed = await seal(scheme);
      answering(scheme, (answer) => answer.fill(0x5a));
      await host.prepare(HEALTH_KEY);
      altered.heal();
      const refusal = {
        code: 'unsupported',
        detail: `the token cannot do ${mechanism}, which scheme ${scheme} needs`,
      };
      await expect(seal(scheme)).rejects.toMatchObject(refusal);
      await expect(open(scheme, sealed)).rejects.toMatchObject(refusal);
    },
  );
});

describe('a fault of the token', () => {
  it.for(SCHEMES)('mistake 7: that passes does not reach the caller of $scheme', async ({ scheme }) => {
    const sealed = await seal(scheme);
    altered.fail(functionOf(scheme), 'CKR_GENERAL_ERROR:5', 1);
    expect(Buffer.from(await open(scheme, sealed))).toEqual(plaintext);
    altered.fail(functionOf(scheme), 'CKR_DEVICE_ERROR:48', 1);
    await seal(scheme);
    expect(host.onUnfit).not.toHaveBeenCalled();
  });

  it('mistake 7: that stays ends the host, as the canary of the health key tells in its own scheme', async () => {
    const sealed = await seal('cmac');
    altered.fail('C_Sign', 'CKR_GENERAL_ERROR:5', Number.POSITIVE_INFINITY);
    await expect(open('cmac', sealed)).rejects.toMatchObject({ code: 'unavailable' });
    expect(host.onUnfit).toHaveBeenCalledOnce();
  });

  it('mistake 7: that hits one mechanism alone is not taken for bad data', async () => {
    const sealed = await seal('cbc-mac');
    altered.fail('C_Encrypt', 'CKR_GENERAL_ERROR:5', Number.POSITIVE_INFINITY);
    await expect(open('cbc-mac', sealed)).rejects.toMatchObject({ code: 'unavailable' });
    expect(host.onUnfit).not.toHaveBeenCalled();
  });

  it('X-50: is not looked for when a tag is wrong: the token is asked once', async () => {
    const sealed = await seal('hmac');
    const { values } = watchOutputs('hmac');
    await expect(open('hmac', { ...sealed, tag: Buffer.alloc(16) })).rejects.toMatchObject({
      code: 'corrupt',
      detail: 'the ciphertext does not authenticate',
    });
    expect(values.length).toBe(1);
  });
});

describe('a health key', () => {
  it.for([...SCHEMES, { scheme: 'native-gcm' }] as const)(
    'X-41: of scheme $scheme makes a canary',
    async ({ scheme }) => {
      expect(await host.prepare({ label: scheme, scheme })).toMatchObject({ canary: '' });
    },
  );

  it.for([
    { label: 'hmac', scheme: 'cmac', says: /KEY_TYPE_INCONSISTENT|KEY_FUNCTION_NOT_PERMITTED/ },
    { label: 'cmac', scheme: 'cbc-mac', says: /KEY_FUNCTION_NOT_PERMITTED/ },
    { label: 'nobody', scheme: 'hmac', says: /no secret key with label=nobody/ },
  ] as const)(
    'X-41: $label used as $scheme makes none, and the reason is told',
    async ({ label, scheme, says }) => {
      expect((await host.prepare({ label, scheme })).canary).toMatch(says);
      await seal('hmac');
    },
  );
});

describe('a token without AES-GCM', () => {
  beforeEach(async () => {
    host.link.lose('again');
    const list = (slot: Buffer) =>
      real.C_GetMechanismList(slot).filter((each) => each !== pkcs11js.CKM_AES_GCM);
    altered.replace({ C_GetMechanismList: list as never });
    await openHost();
  });

  it.for(SCHEMES)('serves keys of scheme $scheme', async ({ scheme }) => {
    expect(await host.prepare(HEALTH_KEY)).toMatchObject({ gcm: 'missing', canary: '' });
    expect(Buffer.from(await open(scheme, await seal(scheme)))).toEqual(plaintext);
  });

  it('refuses keys of native GCM', async () => {
    await expect(seal('native-gcm')).rejects.toMatchObject({ code: 'unsupported' });
  });
});
