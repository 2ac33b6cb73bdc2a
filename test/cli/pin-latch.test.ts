/** A PIN is sent to a token once, whoever is started how often: on a token that three wrong PINs lock. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FaultyModule, faultyModule } from '../support/faulty-module.ts';
import { proxyConfig } from '../support/proxy-config.ts';
import { createTestToken, type TestToken } from '../support/token.ts';
import { type CommandResult, portcullis, startedProxy } from './run-portcullis.ts';

let token: TestToken;
let module: FaultyModule;
let config: string;

beforeEach(async () => {
  token = await createTestToken();
  await token.addAesKey({ label: 'foo', id: '0a01' });
  await token.addAesKey({ label: 'health', id: '0aff' });
  module = await faultyModule(token);
  module.countPinTries(3);
  config = await proxyConfig(token, { token: { ...module.section, hosts: 2 } });
});
afterEach(() => token[Symbol.asyncDispose]());

describe('a wrong PIN', () => {
  beforeEach(() => configurePin(WRONG_PIN));

  it('costs one of three attempts when the proxy is started five times, and no command costs another', {
    timeout: 300_000,
  }, async () => {
    for (let start = 1; start <= 5; start += 1) {
      await using proxy = await startedProxy(config, 'token-host.locked');
      expect(module.answers('C_Login'), `after start ${start}`).toEqual([CKR_PIN_INCORRECT]);
      expect(proxy.output).not.toContain(WRONG_PIN);
    }
    for (const command of commandsThatLogIn()) {
      const { code, stdout, stderr } = await portcullis(...command);
      expect({ command, code, logins: module.calls('C_Login') }).toEqual({ command, code: 1, logins: 1 });
      expect(`${stdout}${stderr}`).toMatch(/the PIN was refused by the token at \S+ and is not tried again/);
      expect(`${stdout}${stderr}`).not.toContain(WRONG_PIN);
    }
    expect(module.pinTriesLeft).toBe(2);
  });

  it('costs one attempt when a command tries it first, and proxy and commands come afterwards', async () => {
    const first = await run(0);
    expect([first.code, module.calls('C_Login')]).toEqual([1, 1]);
    expect(first.stderr).toContain('CKR_PIN_INCORRECT');

    await using _ = await startedProxy(config, 'token-host.locked');
    await Promise.all(commandsThatLogIn().map((command) => portcullis(...command)));
    expect(module.answers('C_Login')).toEqual([CKR_PIN_INCORRECT]);
    expect(module.pinTriesLeft).toBe(2);
  });

  it('costs one attempt when all commands and the proxy try it at once', async () => {
    const commands = commandsThatLogIn().map((command) => portcullis(...command));
    await using _ = await startedProxy(config, 'token-host.locked');
    const codes = (await Promise.all(commands)).map(({ code }) => code);
    expect(codes).toEqual(commands.map(() => 1));
    expect(module.answers('C_Login')).toEqual([CKR_PIN_INCORRECT]);
  });

  it('is forgotten when the right one takes its place: the token is used, and counts from the start', async () => {
    await using locked = await startedProxy(config, 'token-host.locked');
    locked.signal('SIGTERM');
    await locked.exited;
    configurePin(token.pin);
    await using _ = await startedProxy(config);

    expect((await run(0)).code).toBe(0);
    expect(module.answers('C_Login').slice(0, 2)).toEqual([CKR_PIN_INCORRECT, CKR_OK]);
    expect(module.pinTriesLeft).toBe(3);
  });
});

describe('the right PIN', () => {
  it.for([
    { left: 1, says: 'the token has one PIN attempt left, which is for a person to make' },
    { left: 0, says: 'the token says that the user PIN is locked' },
  ])('is kept from a token with $left attempts left', async ({ left, says }) => {
    module.pinTriesLeft = left;
    await using proxy = await startedProxy(config, 'token-host.locked');

    expect(proxy.output).toContain(says);
    expect((await run(0)).stderr).toContain(says);
    expect(module.calls('C_Login')).toBe(0);
    expect(module.pinTriesLeft).toBe(left);
  });
});

function configurePin(pin: string): void {
  writeFileSync(token.paths.pinFile, pin, { mode: 0o600 });
}

function run(index: number): Promise<CommandResult> {
  return portcullis(...(commandsThatLogIn()[index] ?? []));
}

function commandsThatLogIn(): string[][] {
  const { directory, pinFile } = token.paths;
  const env = Object.entries(module.env).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
  const named = ['--module', module.path, ...env, '--label', token.label, '--pin-file', pinFile];
  return [
    ['token', 'info', '--config', config],
    ['token', 'info', ...named, '--state-dir', join(directory, 'state')],
    ['keys', 'list', '--config', config],
    ['keys', 'show', '--config', config, '--label', 'foo'],
    ['keys', 'create', '--config', config, '--label', 'new'],
    ['doctor', '--config', config],
  ];
}

const WRONG_PIN = 'wrong-pin-0815';
const CKR_OK = 0;
const CKR_PIN_INCORRECT = 0xa0;
