/** The KMS engine as a process of its own, over a throw-away SoftHSM2 token and a SQLite file, to be killed. */
import { join } from 'node:path';
import { PORTCULLIS, portcullis } from '../../cli/run-portcullis.ts';
import { proxyConfig } from '../proxy-config.ts';
import { type StartedProcess, startProcess } from '../started-process.ts';
import { createTestToken, type TestToken } from '../token.ts';
import { CALLER } from './kms-call.ts';

export class KmsStand implements AsyncDisposable {
  readonly token: TestToken;
  readonly configFile: string;

  private constructor(token: TestToken, configFile: string) {
    this.token = token;
    this.configFile = configFile;
  }

  /** Has a domain; no process runs yet. `more` goes into the engine's section. */
  static async make(
    limits: Readonly<Record<string, number>> = {},
    more: Readonly<Record<string, unknown>> = {},
  ): Promise<KmsStand> {
    const token = await createTestToken();
    await token.addAesKey({ label: 'health', id: '0aff' });
    const configFile = await proxyConfig(token, {
      more: {
        keyStores: [],
        kms: {
          port: 0,
          token: 'soft',
          store: { sqlite: 'kms.sqlite' },
          access: { credentials: [CALLER] },
          limits,
          ...more,
        },
      },
    });
    const made = await portcullis('domain', 'init', '--config', configFile);
    if (made.code !== 0) throw new Error(`domain init failed:\n${made.stderr}`);
    return new KmsStand(token, configFile);
  }

  get storeFile(): string {
    return join(this.token.paths.directory, 'kms.sqlite');
  }

  /** `portcullis proxy`, from which nothing has been heard yet. */
  spawn(): StartedProcess {
    return startProcess(process.execPath, [PORTCULLIS, 'proxy', '--config', this.configFile]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.token[Symbol.asyncDispose]();
  }
}

/** Where the engine listens, once it does and its token is ready. */
export async function endpointOf(engine: StartedProcess): Promise<string> {
  await Promise.all(['started', 'token-host.ready'].map((event) => engine.said(`"event":"${event}"`)));
  const line = engine.output.split('\n').find((text) => text.includes('"event":"started"')) ?? '{}';
  return String((JSON.parse(line) as Record<string, unknown>)['kms']);
}
