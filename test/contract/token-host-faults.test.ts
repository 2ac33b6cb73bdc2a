import { createHash, randomBytes } from 'node:crypto';
import { duplexPair } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { HsmFault } from '../../src/domain/hsm-fault.ts';
import type { KeyDescription } from '../../src/domain/ports/hsm.ts';
import { NativeGcm } from '../../src/hsm/aead/native-gcm.ts';
import type { DeviceProfile } from '../../src/hsm/devices/profile.ts';
import { softhsm2 } from '../../src/hsm/devices/softhsm2.ts';
import { TokenHost } from '../../src/hsm/host/token-host.ts';
import { loadModule } from '../../src/hsm/pkcs11/pkcs11-module.ts';
import { HostLink } from '../../src/hsm/supervisor/host-link.ts';
import { decodeJson, encodeJson } from '../../src/hsm/wire/messages.ts';
import { AlteredLibrary } from '../support/altered-library.ts';
import { realClock } from '../support/test-fleet.ts';
import { createTestToken, type TestToken } from '../support/token.ts';

// The host runs in this process, over a socket pair, on a real token: only the faults are made up.
let token: TestToken;
let altered: AlteredLibrary;
let host: ReturnType<typeof openHost>;
let aead: NativeGcm;

beforeAll(async () => {
  token = await createTestToken();
  await token.addAesKey({ label: 'foo', id: '01' });
  await token.addAesKey({ label: 'health', id: '0f' });
  process.env['SOFTHSM2_CONF'] = token.env.SOFTHSM2_CONF;
  altered = new AlteredLibrary(loadModule(token.paths.module));
});
afterAll(async () => {
  await token[Symbol.asyncDispose]();
});

beforeEach(async () => {
  host = await openProfiled(softhsm2);
  aead = aeadOf(host);
});
afterEach(() => {
  altered.heal();
  host.link.lose('end of test');
});

function openHost() {
  const [ours, theirs] = duplexPair();
  const onEnd = vi.fn();
  new TokenHost(theirs, onEnd, () => altered.library);
  const onUnfit = vi.fn();
  const events = { onGreeting: () => undefined, onClosed: () => undefined, onLost: () => undefined, onUnfit };
  return {
    link: new HostLink({ pid: 1, socket: ours, profile: softhsm2, clock: realClock, maxQueue: 10, events }),
    onUnfit,
    onEnd,
  };
}

/** Another host, for a token of this profile. */
async function openProfiled(profile: DeviceProfile): Promise<ReturnType<typeof openHost>> {
  const opened = openHost();
  const { link } = opened;
  await link.call('open', encodeJson({ module: token.paths.module, profile, token: { label: token.label } }));
  await link.call('login', Buffer.from(token.pin));
  await link.call('prepare', encodeJson({ healthKey: { label: 'health' } }));
  return opened;
}

function aeadOf({ link }: { link: HostLink }): NativeGcm {
  return new NativeGcm((_key, operation, body, context) => link.call(operation, body, context), {
    randomBytes,
  });
}

const plaintext = Buffer.from('twenty bytes of text');
const key = { token: 'soft', selector: { label: 'foo' } };
const role = { key, scheme: 'native-gcm', generation: 0, keyName: 'foo' } as const;
const context = () => ({ tenant: 1, deadlineMs: performance.now() + 5000 });
const seal = (admitted: KeyDescription | 'any object' = 'any object') =>
  aead.seal({ ...role, plaintext, aad: (metadata) => metadata, admitted }, context());
const open = (sealed: Awaited<ReturnType<typeof seal>>) =>
  aead.open({ ...role, admitted: 'any object', ...sealed, aad: sealed.metadata }, context());
const describeKey = async (label: string) =>
  decodeJson<KeyDescription>(await host.link.call('describe', encodeJson({ label })));

describe('a passing fault of the token', () => {
  it.for([
    { name: 'C_Decrypt', ckr: 'CKR_GENERAL_ERROR:5' },
    { name: 'C_Decrypt', ckr: 'CKR_FUNCTION_FAILED:6' },
    { name: 'C_Decrypt', ckr: 'CKR_DEVICE_ERROR:48' },
    { name: 'C_Decrypt', ckr: 'CKR_VENDOR_DEFINED:2147483649' },
    { name: 'C_DecryptInit', ckr: 'CKR_GENERAL_ERROR:5' },
  ] as const)(
    'mistake 7: $ckr from $name does not reach the caller, whose data are sound',
    async ({ name, ckr }) => {
      const sealed = await seal();
      altered.fail(name, ckr, 1);
      expect(Buffer.from(await open(sealed))).toEqual(plaintext);
      expect(host.onUnfit).not.toHaveBeenCalled();
    },
  );

  it('does not become a property of a key', async () => {
    altered.fail('C_GetAttributeValue', 'CKR_DEVICE_ERROR:48', 1);
    await expect(describeKey('foo')).rejects.toMatchObject({ code: 'unavailable' });
    expect(await describeKey('foo')).toMatchObject({ keyType: 'AES', bits: 256, extractable: false });
  });
});

describe('a fault that stays', () => {
  it.for([{ ckr: 'CKR_GENERAL_ERROR:5' }, { ckr: 'CKR_DEVICE_ERROR:48' }])(
    'mistake 7: $ckr from every C_Decrypt is the fault of the token, and ends the host',
    async ({ ckr }) => {
      const sealed = await seal();
      altered.fail('C_Decrypt', ckr, Number.POSITIVE_INFINITY);
      await expect(open(sealed)).rejects.toMatchObject({ code: 'unavailable' });
      expect(host.onUnfit).toHaveBeenCalledOnce();
    },
  );

  it('mistake 4: CKR_DEVICE_REMOVED ends the host', async () => {
    altered.fail('C_EncryptInit', 'CKR_DEVICE_REMOVED:50', 1);
    await expect(seal()).rejects.toMatchObject({ code: 'unavailable' });
    expect(host.onUnfit).toHaveBeenCalledExactlyOnceWith('C_EncryptInit: CKR_DEVICE_REMOVED');
  });

  it('mistake 4: look-ups that keep failing end the host, one does not', async () => {
    altered.fail('C_FindObjectsInit', 'CKR_GENERAL_ERROR:5', Number.POSITIVE_INFINITY);
    const failures = [0, 0, 1];
    for (const ends of failures) {
      await expect(describeKey('foo')).rejects.toMatchObject({ code: 'unavailable' });
      expect(host.onUnfit).toHaveBeenCalledTimes(ends);
    }
  });

  it('mistake 4: a login that was lost is not a token without keys', async () => {
    // What is left then: public objects are found, the private ones are not, and their handles are dead.
    let finds = 0;
    altered.replace({
      C_GetSessionInfo: (() => ({ state: 0 })) as never,
      C_FindObjects: (() => {
        finds += 1;
        return finds > 2 ? [Buffer.alloc(8)] : [];
      }) as never,
    });
    altered.fail('C_DecryptInit', 'CKR_OBJECT_HANDLE_INVALID:130', 1);
    await expect(describeKey('foo')).rejects.toMatchObject({ code: 'unavailable' });
    expect(host.onUnfit).toHaveBeenCalledOnce();
  });

  it('does not outlast its cause: a probe that meets trouble is made again', async () => {
    altered.fail('C_EncryptInit', 'CKR_DEVICE_ERROR:48', 1);
    const prepare = () => host.link.call('prepare', encodeJson({ healthKey: { label: 'health' } }));
    await expect(prepare()).rejects.toMatchObject({ code: 'unavailable' });
    expect(decodeJson(await prepare())).toEqual({
      gcm: 'tested',
      hmac: 'tested',
      cmac: 'tested',
      cbc: 'tested',
      canary: '',
    });
  });

  it('mistake 7: is not taken for bad data because the health key was away for a while', async () => {
    const sealed = await seal();
    await token.deleteKey({ id: '0f' });
    await expect(open({ ...sealed, tag: Buffer.alloc(16) })).rejects.toMatchObject({ code: 'corrupt' });
    await token.addAesKey({ label: 'health', id: '0f' });
    altered.fail('C_Decrypt', 'CKR_GENERAL_ERROR:5', Number.POSITIVE_INFINITY);
    await expect(open(sealed)).rejects.toMatchObject({ code: 'unavailable' });
    expect(host.onUnfit).toHaveBeenCalledOnce();
  });

  it('mistake 4: one lost session costs nobody an answer; two in a row end the host', async () => {
    altered.fail('C_EncryptInit', 'CKR_SESSION_HANDLE_INVALID:179', 1);
    await seal();
    expect(host.onUnfit).not.toHaveBeenCalled();
    altered.fail('C_EncryptInit', 'CKR_SESSION_HANDLE_INVALID:179', 2);
    await expect(seal()).rejects.toMatchObject({ code: 'unavailable' });
    expect(host.onUnfit).toHaveBeenCalledExactlyOnceWith('C_EncryptInit: CKR_SESSION_HANDLE_INVALID');
  });

  it('mistake 4: a token that shows no objects any more is gone, not a token without that key', async () => {
    altered.replace({ C_FindObjects: (() => []) as never });
    altered.fail('C_DecryptInit', 'CKR_OBJECT_HANDLE_INVALID:130', 1);
    await expect(describeKey('foo')).rejects.toMatchObject({ code: 'unavailable' });
    expect(host.onUnfit).toHaveBeenCalledOnce();
  });
});

describe('a token without any object', () => {
  beforeEach(async () => {
    altered.replace({ C_FindObjects: (() => []) as never });
    host = await openProfiled(softhsm2);
  });

  it('X-54: is a new one: its keys are not found, and the host stays', async () => {
    await expect(describeKey('foo')).rejects.toMatchObject({ code: 'not-found' });
    expect(host.onUnfit).not.toHaveBeenCalled();
  });

  it('mistake 4: is gone once its login is lost', async () => {
    altered.replace({
      C_FindObjects: (() => []) as never,
      C_GetSessionInfo: (() => ({ state: 0 })) as never,
    });
    await expect(describeKey('foo')).rejects.toMatchObject({ code: 'unavailable' });
    expect(host.onUnfit).toHaveBeenCalledOnce();
  });

  it('mistake 4: is gone once it does not answer any more', async () => {
    altered.fail('C_GetTokenInfo', 'CKR_TOKEN_NOT_PRESENT:224', 1);
    await expect(describeKey('foo')).rejects.toMatchObject({ code: 'unavailable' });
    expect(host.onUnfit).toHaveBeenCalledOnce();
  });

  it('mistake 4: is gone once it has shown one and shows none any more', async () => {
    altered.heal();
    await describeKey('foo');
    altered.replace({ C_FindObjects: (() => []) as never });
    await expect(describeKey('foo')).rejects.toMatchObject({ code: 'unavailable' });
    expect(host.onUnfit).toHaveBeenCalledOnce();
  });
});

describe('bad data', () => {
  it('mistake 7: is called so by a sound token, and costs nothing else', async () => {
    const sealed = await seal();
    const tag = Buffer.from(sealed.tag).fill(7);
    await expect(open({ ...sealed, tag })).rejects.toMatchObject({ code: 'corrupt' });
    expect(Buffer.from(await open(sealed))).toEqual(plaintext);
    expect(host.onUnfit).not.toHaveBeenCalled();
  });

  it('is still told from a broken token when the health key has been deleted or put back', async () => {
    const sealed = await seal();
    const tag = Buffer.from(sealed.tag).fill(7);
    await token.deleteKey({ id: '0f' });
    await expect(open({ ...sealed, tag })).rejects.toMatchObject({ code: 'corrupt' });
    await token.addAesKey({ label: 'health', id: '0f' });
    await expect(open({ ...sealed, tag })).rejects.toMatchObject({ code: 'corrupt' });
    expect(host.onUnfit).not.toHaveBeenCalled();
  });

  it('X-54: a key that is not there is not found, on a token that shows others', async () => {
    await expect(describeKey('nobody')).rejects.toMatchObject({ code: 'not-found' });
    expect(host.onUnfit).not.toHaveBeenCalled();
  });
});

describe('the key that was admitted', () => {
  it('is the only one that is used', async () => {
    const admitted = await describeKey('foo');
    await seal(admitted);
    const other = { ...admitted, kcvHex: createHash('sha256').digest('hex').slice(0, 6) };
    await expect(seal(other)).rejects.toMatchObject({ code: 'unavailable', report: { stale: true } });
  });

  it('is never silently replaced by another one of its name', async () => {
    const admitted = await describeKey('foo');
    await seal(admitted);
    await token.deleteKey({ id: '01' });
    await token.addAesKey({ label: 'foo', id: '01', extractable: true });
    await expect(seal(admitted)).rejects.toMatchObject({ code: 'unavailable', report: { stale: true } });
    await expect(seal(admitted)).rejects.toMatchObject({ code: 'unavailable', report: { stale: true } });
    const now = await describeKey('foo');
    expect(now.extractable).toBe(true);
    await seal(now);
  });
});

describe('the health key', () => {
  it('that does not decrypt is no canary, and the token serves on', async () => {
    altered.fail('C_DecryptInit', 'CKR_KEY_FUNCTION_NOT_PERMITTED:104', Number.POSITIVE_INFINITY);
    const prepared = decodeJson<{ canary: string }>(
      await host.link.call('prepare', encodeJson({ healthKey: { label: 'health' } })),
    );
    expect(prepared.canary).toMatch(/CKR_KEY_FUNCTION_NOT_PERMITTED|AES-GCM/);
  });

  it.for([
    { healthKey: { label: 'missing' }, says: /no secret key with label=missing/ },
    { healthKey: undefined, says: /no health key is configured/ },
  ])('$healthKey makes no canary, and bad data are still called so', async ({ healthKey, says }) => {
    const prepared = await host.link.call('prepare', encodeJson({ ...(healthKey && { healthKey }) }));
    expect(decodeJson<{ canary: string }>(prepared).canary).toMatch(says);
    const sealed = await seal();
    await expect(open({ ...sealed, tag: Buffer.alloc(16) })).rejects.toMatchObject({ code: 'corrupt' });
  });
});

describe('the profile of a device', () => {
  it.for([{ ckr: 'CKR_SESSION_CLOSED:176' }, { ckr: 'CKR_GENERAL_ERROR:5' }])(
    'mistake 4: may say that $ckr ends the host, whatever it means elsewhere',
    async ({ ckr }) => {
      const { link, onUnfit } = await openProfiled({ ...softhsm2, hostEndingCodes: [0xb0, 0x05] });
      const own = aeadOf({ link });
      altered.fail('C_EncryptInit', ckr, 1);
      const request = { ...role, admitted: 'any object', plaintext } as const;
      const sealing = own.seal({ ...request, aad: (metadata) => metadata }, context());
      await expect(sealing).rejects.toBeInstanceOf(HsmFault);
      expect(onUnfit).toHaveBeenCalledOnce();
      link.lose('end');
    },
  );

  it('bounds what one call may hold', async () => {
    const { link } = await openProfiled({ ...softhsm2, maxDataBytes: 32 });
    const own = aeadOf({ link });
    const seals = (bytes: number) =>
      own.seal(
        {
          ...role,
          admitted: 'any object',
          plaintext: randomBytes(bytes),
          aad: () => randomBytes(12),
        },
        context(),
      );
    await seals(20);
    await expect(seals(21)).rejects.toMatchObject({
      code: 'unsupported',
      detail: 'softhsm2 takes 32 bytes in one call, and this is 33',
    });
    link.lose('end');
  });

  it('has the host take its leave as the device wants it, whatever fails on the way', async () => {
    const calls: string[] = [];
    const { link, onEnd } = await openProfiled({
      ...softhsm2,
      farewell: ['C_CloseAllSessions', 'C_Finalize'],
    });
    altered.replace({
      C_CloseAllSessions: (() => {
        calls.push('C_CloseAllSessions');
        throw new Error('the card is gone');
      }) as never,
      C_Finalize: (() => void calls.push('C_Finalize')) as never,
    });
    link.lose('end');
    await vi.waitFor(() => expect(onEnd).toHaveBeenCalledOnce());
    expect(calls).toEqual(['C_CloseAllSessions', 'C_Finalize']);
  });

  it('asks for no leave of a module that was never loaded', async () => {
    const [ours, theirs] = duplexPair();
    const onEnd = vi.fn();
    new TokenHost(theirs, onEnd);
    ours.end();
    await vi.waitFor(() => expect(onEnd).toHaveBeenCalledOnce());
  });
});

describe('a host', () => {
  it('refuses an operation that it does not know', async () => {
    const [ours, theirs] = duplexPair();
    new TokenHost(theirs, () => undefined);
    const { Channel } = await import('../../src/hsm/wire/channel.ts');
    const answer = Promise.withResolvers<number>();
    const channel = new Channel(ours, {
      onFrames: (frames) => void frames.filter(({ id }) => id === 5).map(({ code }) => answer.resolve(code)),
      onClosed: () => undefined,
    });
    channel.send({ id: 5, code: 200, lane: 0, tenant: 0, body: new Uint8Array(0) });
    expect(await answer.promise).not.toBe(0);
    channel.close();
  });

  it('refuses work that comes before its time', async () => {
    const { link } = openHost();
    await expect(link.call('describe', encodeJson({ label: 'foo' }))).rejects.toThrow(
      /has not done "login" yet/,
    );
    await expect(link.call('login', Buffer.from('1234'))).rejects.toMatchObject({
      report: { pinUnjudged: true },
    });
    link.lose('end');
  });

  it('says that a short input has no tag', async () => {
    const { encodeGcm } = await import('../../src/hsm/wire/messages.ts');
    const none = new Uint8Array(0);
    const message = {
      selector: key.selector,
      fingerprint: none,
      iv: randomBytes(12),
      aad: none,
      input: randomBytes(15),
    };
    await expect(host.link.call('gcmDecrypt', encodeGcm(message))).rejects.toMatchObject({ code: 'corrupt' });
  });
});
