import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../../src/domain/secret.ts';
import { softhsm2 } from '../../src/hsm/devices/softhsm2.ts';
import { openTokenAdmin } from '../../src/hsm/token-admin.ts';
import { faultyModule } from '../support/faulty-module.ts';
import { testRunEnvironment } from '../support/test-run-environment.ts';
import { createTestToken, type TestToken } from '../support/token.ts';

let token: TestToken;
let stateDir: string;

beforeEach(async () => {
  token = await createTestToken();
  stateDir = `${token.paths.directory}/state`;
  mkdirSync(stateDir);
});
afterEach(async () => {
  await token[Symbol.asyncDispose]();
});

function admin(module = token.paths.module, env: Readonly<Record<string, string>> = token.env) {
  return openTokenAdmin({
    profile: softhsm2,
    module,
    env: { ...env, ...testRunEnvironment() },
    stateDir,
  });
}

describe('token administration', () => {
  it('generates keys that pkcs11-tool sees as sensitive, never extractable, for encryption and decryption alone', async () => {
    await using work = await admin();
    await work.login({ token: { label: token.label }, pin: new Secret(token.pin) });
    await work.generateKey({ label: 'made', idHex: '0a', scheme: 'native-gcm' });
    const listing = (await token.pkcs11Tool(['--list-objects', '--type', 'secrkey'])).toString('utf8');
    expect(listing).toMatch(/AES length 32/);
    expect(listing).toMatch(/Usage:\s+encrypt, decrypt\n/);
    expect(listing).toMatch(/Access:\s+sensitive, always sensitive, never extractable, local/);
  });

  it('lists every key of a token with more of them than one answer holds', async () => {
    await using work = await admin();
    await work.login({ token: { label: token.label }, pin: new Secret(token.pin) });
    const labels = Array.from({ length: 60 }, (_, index) => `key-${index}`);
    for (const [index, label] of labels.entries()) {
      await work.generateKey({ label, idHex: index.toString(16).padStart(2, '0'), scheme: 'native-gcm' });
    }
    const keys = await work.listKeys();
    expect(keys.map(({ label }) => label).sort()).toEqual([...labels].sort());
    expect(new Set(keys.map(({ kcvHex }) => kcvHex)).size).toBe(60);
    expect(keys[0]).toMatchObject({
      keyType: 'AES',
      bits: 256,
      extractable: false,
      sensitive: true,
      tokenSerial: token.serial,
    });
  });

  it('sends no PIN that the device could not accept, and gives a token none', async () => {
    await using work = await admin();
    const wrong = new Secret('abc');
    const says = /the PIN does not have the form of softhsm2 \(a PIN of 4 to 255 bytes\) and was not sent/;
    await expect(work.login({ token: { label: token.label }, pin: wrong })).rejects.toThrow(says);
    const soPin = new Secret('1234');
    await expect(work.initToken({ label: 'new', soPin, pin: wrong })).rejects.toThrow(says);
    expect(readdirSync(`${stateDir}/pin-latch`)).toEqual([]);
  });

  it('says that a key was made also when its session will not close', async () => {
    const module = await faultyModule(token);
    module.fail('C_CloseSession', CKR_DEVICE_ERROR);
    await using work = await admin(module.path, module.env);
    await work.login({ token: { label: token.label }, pin: new Secret(token.pin) });
    await work.generateKey({ label: 'made', idHex: '0a', scheme: 'native-gcm' });
    expect((await work.listKeys()).map(({ label }) => label)).toEqual(['made']);
    expect(module.answers('C_CloseSession')).toContain(CKR_DEVICE_ERROR);
  });

  it('initialises a blank token that the other tools can then log in to', async () => {
    await using work = await admin();
    const pin = new Secret('another-pin-77');
    const { serial } = await work.initToken({ label: 'second', soPin: new Secret('so-pin-12345'), pin });
    expect(serial).toMatch(/^[0-9a-f]{16}$/);
    const info = await work.login({ token: { label: 'second' }, pin });
    expect([info.label, info.serial]).toEqual(['second', serial]);
    expect(await work.listKeys()).toEqual([]);
  });

  it('tries a wrong PIN once, in whatever process', async () => {
    const wrong = new Secret('wrong-pin');
    for (const says of [/CKR_PIN_INCORRECT/, /was refused by the token/]) {
      await using work = await admin();
      await expect(work.login({ token: { label: token.label }, pin: wrong })).rejects.toThrow(says);
    }
    await using work = await admin();
    await work.login({ token: { label: token.label }, pin: new Secret(token.pin) });
  });

  it('says what is wrong with a module that is none', async () => {
    const file = `${token.paths.directory}/module.so`;
    writeFileSync(file, 'not a library');
    await expect(admin(file)).rejects.toThrow(
      /unavailable: .*module\.so cannot be loaded as a PKCS#11 module/,
    );
  });

  it('refuses work before login', async () => {
    await using work = await admin();
    await expect(work.listKeys()).rejects.toThrow(/has not done "login" yet/);
  });
});

const CKR_DEVICE_ERROR = 0x30;
