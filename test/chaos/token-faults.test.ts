/** Tokens that go away, PINs that stop being right, and a state directory without room, under load. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { startChaosProxy } from '../support/chaos-proxy.ts';
import { expectService, runChaos, UNHARMED, unexplained } from '../support/chaos-run.ts';
import { PREFIX } from '../support/proxy-config.ts';
import { encryptBody, post, until } from '../support/running-proxy.ts';

const AWAY = ['503 DependencyTimeoutException'];

describe('under load, a token', () => {
  it('mistake 4: whose directory is taken away and given back is served again', async () => {
    await using proxy = await startChaosProxy();
    const { tokenDirectory } = proxy.token.paths;
    const account = await runChaos(proxy, {
      fault: 'token directory taken away',
      strike: async () => {
        const failed = proxy.events('token-host.start-failed').length;
        await rename(tokenDirectory, `${tokenDirectory}.away`);
        await sleep(300);
        proxy.signalHosts('SIGKILL');
        await until(() => proxy.events('token-host.start-failed').length > failed);
        await rename(`${tokenDirectory}.away`, tokenDirectory);
      },
      restMs: 6_000,
    });
    expect(account).toMatchObject(UNHARMED);
    expect(unexplained(account, AWAY)).toEqual([]);
    expect(account.errors[AWAY[0] as string]).toBeGreaterThan(0);
    expectService(account);
  });

  it('whose PIN was changed is asked once, however often hosts and proxy restart', async () => {
    await using proxy = await startChaosProxy(({ section }) => ({ token: { ...section, hosts: 2 } }));
    await until(() => proxy.hostPidsSeen.length === 2);
    const newPin = randomBytes(8).toString('hex');
    const account = await runChaos(proxy, {
      fault: 'PIN wrong',
      strike: async () => {
        await proxy.token.pkcs11Tool(['--change-pin', '--new-pin', newPin]);
        proxy.signalHosts('SIGKILL');
        await until(() => proxy.events('token-host.locked').length === 2);
        await sleep(1_000);
      },
      restMs: Number.POSITIVE_INFINITY,
      heals: false,
    });
    expect(account).toMatchObject(UNHARMED);
    expect(unexplained(account, [...AWAY, '500 InternalException'])).toEqual([]);
    expect(account.errors['500 InternalException']).toBeGreaterThan(0);
    expect(proxy.module.answers('C_Login')).toEqual([0, 0, CKR_PIN_INCORRECT]);
    expectService(account);

    for (let restart = 1; restart <= 5; restart += 1) {
      await proxy.stop();
      await proxy.start({ waitForReady: false });
      await until(() => proxy.events('token-host.locked').length === 2 + 2 * restart);
    }
    expect(proxy.module.answers('C_Login')).toEqual([0, 0, CKR_PIN_INCORRECT]);

    await proxy.stop();
    await writeFile(proxy.token.paths.pinFile, newPin, { mode: 0o600 });
    await proxy.start({ waitForReady: true });
    const path = `${PREFIX}/kms/xks/v1/keys/foo/encrypt`;
    expect((await post(proxy.authority, path, encryptBody(Buffer.from('text')))).status).toBe(200);
  });
});

describe('under load, a state directory', () => {
  it('without room delays a login, and locks no PIN out', async ({ skip }) => {
    using disk = new SmallDisk();
    skip(!disk.mounted, 'a small file system cannot be mounted here, which takes root');
    await using proxy = await startChaosProxy(() => ({ more: { stateDir: disk.directory } }));
    const filler = join(disk.directory, 'filler');
    const account = await runChaos(proxy, {
      fault: 'disk full in stateDir',
      strike: async () => {
        const failed = proxy.events('token-host.start-failed').length;
        expect(() => writeFileSync(filler, Buffer.alloc(1_000_000))).toThrow(/ENOSPC/);
        proxy.signalHosts('SIGKILL');
        await until(() => proxy.events('token-host.start-failed').length > failed);
        await rm(filler);
      },
      restMs: 6_000,
    });
    expect(account).toMatchObject(UNHARMED);
    expect(unexplained(account, AWAY)).toEqual([]);
    expect(account.errors[AWAY[0] as string]).toBeGreaterThan(0);
    const reasons = proxy.events('token-host.start-failed').map(({ fields }) => String(fields['reason']));
    expect(reasons.join('\n')).toContain('the PIN attempt cannot be noted');
    expectService(account);
  });
});

/** A file system of 64 KiB in memory. */
class SmallDisk implements Disposable {
  readonly directory = join(tmpdir(), `portcullis-small-${randomBytes(4).toString('hex')}`);
  readonly mounted: boolean;

  constructor() {
    mkdirSync(this.directory, { mode: 0o700 });
    this.mounted = succeeds('mount', [
      '-t',
      'tmpfs',
      '-o',
      'size=64k,mode=700',
      'portcullis',
      this.directory,
    ]);
  }

  [Symbol.dispose](): void {
    if (this.mounted) execFileSync('umount', ['--lazy', this.directory]);
    rmSync(this.directory, { recursive: true });
  }
}

function succeeds(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const CKR_PIN_INCORRECT = 0xa0;
