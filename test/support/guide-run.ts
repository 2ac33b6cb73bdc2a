/**
 * A device guide carried out: its files are written and its commands run, in order, in a directory of its own. Where the
 * device is not at hand, a token of the same abilities stands in its place, behind the device's own profile.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse, stringify } from 'yaml';
import { PORTCULLIS } from '../cli/run-portcullis.ts';
import { type Box, boxesOf, readGuide } from './device-guide.ts';
import { type StartedProcess, startProcess } from './started-process.ts';
import { testRunEnvironment } from './test-run-environment.ts';
import type { ProvisionedToken } from './tokens/token-kind.ts';

export interface GuideResult {
  /** What the commands wrote, in order. */
  readonly output: string;
  readonly authority: string;
  /** Of the first credential. */
  readonly credential: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

export class GuideRun implements AsyncDisposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'portcullis-guide-'));
  readonly #boxes: readonly Box[];
  readonly #standIn: ProvisionedToken | undefined;
  readonly #port: number;
  #output = '';
  #background: StartedProcess | undefined;

  private constructor(boxes: readonly Box[], standIn: ProvisionedToken | undefined, port: number) {
    this.#boxes = boxes;
    this.#standIn = standIn;
    this.#port = port;
  }

  /** Without a stand-in, the guide itself makes its token. */
  static async of(guide: string, standIn?: ProvisionedToken): Promise<GuideRun> {
    const run = new GuideRun(boxesOf(readGuide(guide)), standIn, await freePort());
    run.#preparePath();
    if (standIn !== undefined) writeFileSync(join(run.directory, 'pin'), `${standIn.pin}\n`, { mode: 0o600 });
    return run;
  }

  /** Carries out every box. Rejects with the words of the first command that fails; the background goes on. */
  async carryOut(): Promise<GuideResult> {
    for (const box of this.#boxes) await this.#carryOutBox(box);
    const { keyStores } = parse(this.#read('portcullis.yaml'));
    const { accessKeyId } = keyStores[0].credentials[0];
    const credential = { accessKeyId, secretAccessKey: this.#read('secret').trim() };
    return { output: this.#output, authority: `127.0.0.1:${this.#port}`, credential };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#background?.[Symbol.asyncDispose]();
    rmSync(this.directory, { recursive: true, force: true });
  }

  async #carryOutBox({ kind, name, text }: Box): Promise<void> {
    const local = this.#localised(text);
    if (kind === 'file') {
      const content = name === 'portcullis.yaml' ? this.#onStandIn(local) : local;
      writeFileSync(join(this.directory, name), content, { mode: 0o600 });
    } else if (kind === 'command') {
      const options = { cwd: this.directory, env: this.#environment() };
      const { stdout, stderr } = await promisify(execFile)('sh', ['-eu', '-c', local], options);
      this.#output += stdout + stderr;
    } else if (kind === 'background') {
      const options = { cwd: this.directory, env: this.#environment() };
      this.#background = startProcess('sh', ['-eu', '-c', `exec ${local}`], options);
      await this.#background.said('"event":"token-host.ready"');
    }
  }

  /** What names a place or a port of this machine names one of the test's. */
  #localised(text: string): string {
    return text
      .replaceAll('/srv/portcullis', this.directory)
      .replaceAll('8080', String(this.#port))
      .replaceAll('/usr/lib/x86_64-linux-gnu/', `/usr/lib/${TRIPLET}/`);
  }

  /** The configuration of the guide, with the module, environment and label of the token that stands in. */
  #onStandIn(text: string): string {
    if (this.#standIn === undefined) return text;
    const { paths, env, label } = this.#standIn;
    const config = parse(text);
    const [token] = config.tokens;
    config.tokens = [
      {
        ...token,
        module: paths.module,
        env: { ...token.env, ...env, ...testRunEnvironment() },
        token: { ...token.token, label },
      },
    ];
    return stringify(config);
  }

  #preparePath(): void {
    const bin = join(this.directory, 'bin');
    mkdirSync(bin);
    const script = `#!/bin/sh\nexec '${process.execPath}' '${PORTCULLIS}' "$@"\n`;
    writeFileSync(join(bin, 'portcullis'), script, { mode: 0o700 });
  }

  #environment(): Record<string, string> {
    // Nothing else of ours reaches the commands of a guide: a reader's shell has none of it either.
    return { PATH: `${join(this.directory, 'bin')}:${process.env['PATH']}`, ...testRunEnvironment() };
  }

  #read(name: string): string {
    return readFileSync(join(this.directory, name), 'utf8');
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

const TRIPLET = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
