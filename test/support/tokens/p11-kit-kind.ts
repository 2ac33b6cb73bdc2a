/**
 * p11-kit remoting: a SoftHSM2 token behind `p11-kit server`, reached over a Unix socket. This transport passes
 * only the mechanisms that it knows how to write down: no GCM, no CMAC, no CBC in Debian 12.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generic } from '../../../src/hsm/devices/generic.ts';
import { type StartedProcess, startProcess } from '../started-process.ts';
import { absence, findLibrary, findProgram } from './debian-files.ts';
import { provisionSofthsm2 } from './softhsm2-kind.ts';
import type { Outage, ProvisionedToken, TokenKind } from './token-kind.ts';

const CLIENT = findLibrary('/usr/lib/*/pkcs11/p11-kit-client.so');
const PROGRAM = findProgram('p11-kit');

export const P11_KIT: TokenKind = {
  name: 'p11-kit remoting',
  profile: generic,
  wrapsKeys: false,
  mechanisms: ['CKM_SHA256_HMAC', 'CKM_AES_ECB'],
  lacks: [
    'aes-gcm',
    'aes-cmac',
    'aes-cbc',
    'hmac-sha224',
    'rsa-oaep-sha256',
    'ecdh-p256',
    'ecdh-p384',
    'ecdh-p521',
    'ed25519',
    'ed25519ph',
    'ml-dsa',
  ],
  absent: absence([
    { part: 'p11-kit', found: PROGRAM, package: 'p11-kit' },
    { part: 'p11-kit-client.so', found: CLIENT, package: 'p11-kit-modules' },
  ]),
  provision: provisionP11Kit,
};

async function provisionP11Kit(): Promise<ProvisionedToken> {
  const token = await provisionSofthsm2();
  const directory = await mkdtemp(join(tmpdir(), 'portcullis-p11-'));
  const server = new Server(token, join(directory, 'socket'));
  await server.end();
  const { label, pin } = token;
  return {
    paths: { directory, module: CLIENT ?? '' },
    env: { P11_KIT_SERVER_ADDRESS: `unix:path=${join(directory, 'socket')}` },
    label,
    pin,
    outage: server,
    [Symbol.asyncDispose]: async () => {
      await server.begin();
      await token[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

class Server implements Outage {
  readonly #token: ProvisionedToken;
  readonly #socket: string;
  #process: StartedProcess | undefined;

  constructor(token: ProvisionedToken, socket: string) {
    this.#token = token;
    this.#socket = socket;
  }

  /** Stops the server with the children that serve its clients. */
  async begin(): Promise<void> {
    await this.#process?.[Symbol.asyncDispose]();
    this.#process = undefined;
    await rm(this.#socket, { force: true });
  }

  async end(): Promise<void> {
    if (this.#process !== undefined) return;
    const { paths, env, label } = this.#token;
    const provider = ['--provider', paths.module, `pkcs11:token=${label}`];
    this.#process = startProcess(PROGRAM ?? 'p11-kit', ['server', '-f', '-n', this.#socket, ...provider], {
      env,
    });
    await this.#process.said('P11_KIT_SERVER_PID');
  }
}
