import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  PERSONALITY_DIRECTORY_VARIABLE,
  PERSONALITY_VARIABLE,
  TEST_MODE_VARIABLE,
} from '../../src/hsm/devices/emulation.ts';
import { proxyConfig } from '../support/proxy-config.ts';
import { createTestToken, type TestToken } from '../support/token.ts';
import { atWorkbench } from '../support/tokens/workbench.ts';
import { type CommandResult, portcullis } from './run-portcullis.ts';

let token: TestToken;
let configFile: string;

beforeAll(async () => {
  token = await createTestToken();
  const usages = ['sign'] as const;
  await atWorkbench(token, {
    do: 'make keys',
    keys: ['foo', 'health'].map((label, nth) => ({
      label,
      idHex: `0${nth}`,
      type: 'GENERIC_SECRET',
      usages,
    })),
  });
  const directory = join(token.paths.directory, 'device');
  await mkdir(directory);
  configFile = await proxyConfig(token, {
    token: {
      device: 'yubihsm2',
      libraryParameters: undefined,
      env: {
        SOFTHSM2_CONF: token.paths.configFile,
        YUBIHSM_PKCS11_CONF: token.paths.configFile,
        [PERSONALITY_VARIABLE]: 'yubihsm2',
        [PERSONALITY_DIRECTORY_VARIABLE]: directory,
        [TEST_MODE_VARIABLE]: '1',
      },
    },
  });
});
afterEach(() => {
  vi.unstubAllEnvs();
});
afterAll(() => token[Symbol.asyncDispose]());

const doctor = (...more: string[]): Promise<CommandResult> =>
  portcullis('doctor', '--config', configFile, ...more);

describe('a configured personality', () => {
  it('is refused outside tests, even where the configuration claims that this is one', async () => {
    const { code, stdout } = await doctor();

    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^problem +token soft: .*PORTCULLIS_PERSONALITY is set: emulated devices are for the tests of this project alone; take the variable away$/m,
    );
    expect(stdout).not.toContain('device of token soft');
  });

  it('is called emulated by the doctor, wherever it would say that the device can do something', async () => {
    vi.stubEnv(TEST_MODE_VARIABLE, '1');
    const { stdout } = await doctor();

    for (const line of [
      /^warning +token soft: emulated: nothing that is found here says anything of a real device$/m,
      /^ok +token soft: emulated: CKM_SHA256_HMAC, for scheme hmac$/m,
      /^device of token soft: Yubico \(www\.yubico\.com\) \(emulated\) YubiHSM \(emulated\) 2\.6, profile yubihsm2$/m,
      /^native-gcm +can't /m,
      /^hmac +emulated /m,
    ]) {
      expect(stdout).toMatch(line);
    }
    expect(stdout).not.toMatch(/supported|^\S+ +can +tried|listed only/m);
  });

  it('is called emulated in the JSON of the doctor and by token info', async () => {
    vi.stubEnv(TEST_MODE_VARIABLE, '1');
    const { devices } = JSON.parse((await doctor('--json')).stdout) as {
      devices: { xks: { verdict: string }[]; kms: { verdict: string }[] }[];
    };
    const verdicts = devices.flatMap(({ xks, kms }) => [...xks, ...kms]).map(({ verdict }) => verdict);
    expect([...new Set(verdicts)].sort()).toEqual(['cannot', 'emulated']);
    expect((await portcullis('token', 'info', '--config', configFile)).stdout).toContain(
      'YubiHSM (emulated) 2.6',
    );
  });
});
