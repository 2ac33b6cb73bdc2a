/** `portcullis doctor` over a configuration with a KMS engine, as a process. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CREDENTIAL, proxyConfig } from '../support/proxy-config.ts';
import { createTestToken, type TestToken } from '../support/token.ts';
import { type CommandResult, portcullis, startedProxy } from './run-portcullis.ts';

let token: TestToken;
let config: string;

beforeEach(async () => {
  token = await createTestToken();
  await token.addAesKey({ label: 'health', id: '0aff' });
  config = await engineConfig();
});
afterEach(() => token[Symbol.asyncDispose]());

function engineConfig(kms: Record<string, unknown> = {}): Promise<string> {
  const access = { credentials: [{ ...CREDENTIAL, account: '111122223333' }] };
  const more = {
    keyStores: [],
    control: { socket: 'control.sock' },
    kms: { port: 0, token: 'soft', store: { sqlite: 'kms.sqlite' }, access, ...kms },
  };
  return proxyConfig(token, { more });
}

function doctor(...args: string[]): Promise<CommandResult> {
  return portcullis('doctor', '--config', config, ...args);
}

function domain(command: string): Promise<CommandResult> {
  return portcullis('domain', command, '--config', config);
}

async function domainLabel(): Promise<string> {
  const listing = String(await token.pkcs11Tool(['--list-objects', '--type', 'secrkey']));
  return /label:\s+(portcullis-domain-\S+)/.exec(listing)?.[1] ?? '';
}

describe('the doctor of an engine', () => {
  it('finds no domain yet, and then one whose keys fit and of which there is one copy', async () => {
    const before = await doctor();
    expect(before.code).toBe(1);
    expect(before.stdout).toMatch(
      /^problem +domain: there is no \S+kms\.sqlite yet; make one with domain init$/m,
    );
    await domain('init');
    const after = await doctor();
    expect(after.code).toBe(0);
    expect(after.stdout).toMatch(/^ok +store: \S+kms\.sqlite can be read, and no engine has it open$/m);
    expect(after.stdout).toMatch(/^ok +domain: generation 1 has its keys on token soft, and they fit$/m);
    expect(after.stdout).toMatch(/^warning +domain: generation 1 has no copy outside of the token; /m);
    expect(after.stdout).not.toMatch(/kms: /);
  });

  it('misses a key that is gone from the token, as JSON too', async () => {
    await domain('init');
    await token.deleteKey({ label: await domainLabel() });
    const { code, stdout } = await doctor('--json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      findings: expect.arrayContaining([
        {
          subject: 'domain',
          severity: 'problem',
          text: expect.stringMatching(
            /^generation 1 on token soft: its (domain|registry|seal) key is missing\. What its keys protect cannot be read; /,
          ),
        },
      ]),
    });
  });

  it('says of keys that belong to no domain what to do with them', async () => {
    await domain('init');
    const label = await domainLabel();
    await rm(join(token.paths.directory, 'kms.sqlite'));
    await domain('init');
    const { code, stdout } = await doctor();
    expect(code).toBe(0);
    expect(stdout).toContain(`token soft: keys labelled ${label} belong to no domain of this store: `);
  });

  it('warns of open access and of a clock that was moved, and leaves the store of a running engine alone', async () => {
    config = await engineConfig({ access: { mode: 'open' }, dangerAllowClockControl: true });
    await domain('init');
    const engine = await startedProxy(config);
    await engine.said('"event":"started"');
    const moved = await portcullis('clock', 'advance', 'P8D', '--config', config);
    const during = await doctor();
    await engine[Symbol.asyncDispose]();
    const after = await doctor();

    expect(moved.code).toBe(0);
    expect(during.stdout).toMatch(
      /^warning +domain: not looked at: .* while the engine runs, its store is its own$/m,
    );
    expect(after.code).toBe(0);
    expect(after.stdout).toMatch(
      /^warning +kms: access is open: whoever reaches its port may use and delete/m,
    );
    expect(after.stdout).toMatch(/^warning +kms: its clock has been moved 8\.0 days ahead: /m);
  });
});
