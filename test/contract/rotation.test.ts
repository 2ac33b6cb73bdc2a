/** Two proxies of one endpoint while a key moves from one token to another: neither ever fails the other. */
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { controlGet } from '../../src/edge/control/control-client.ts';
import type { GenerationInForce } from '../../src/engine/xks/generations-in-force.ts';
import { portcullis, startedProxy } from '../cli/run-portcullis.ts';
import { CREDENTIAL, PREFIX, tokenSection } from '../support/proxy-config.ts';
import { decryptBody, encryptBody, post, until } from '../support/running-proxy.ts';
import type { StartedProcess } from '../support/started-process.ts';
import { createTestToken, type TestToken } from '../support/token.ts';

interface Proxy {
  readonly directory: string;
  readonly file: string;
  readonly socket: string;
  readonly process: StartedProcess;
  readonly authority: string;
}

const PLAINTEXT = Buffer.from('a data key of AWS KMS');
let tokens: TestToken[];
let a: Proxy;
let b: Proxy;
/** What the operator works on; proxies take up a copy when it is deployed to them. */
let master: string;

beforeAll(async () => {
  tokens = [await createTestToken({ label: 'before' }), await createTestToken({ label: 'after' })];
  for (const token of tokens) await token.addAesKey({ label: 'health', id: '0aff' });
  await tokens[0]?.addAesKey({ label: 'foo', id: '0a01' });
  a = await startProxy('a');
  b = await startProxy('b');
  await mkdir(join(a.directory, 'master'), { mode: 0o700 });
  master = join(a.directory, 'master', 'portcullis.yaml');
  await copyFile(a.file, master);
  const made = await portcullis('keys', 'create', '-c', master, '-t', 'after', '-l', 'foo-2', '-s', 'hmac');
  expect(made).toMatchObject({ code: 0 });
}, 60_000);
afterAll(async () => {
  for (const { process } of [a, b]) await process[Symbol.asyncDispose]();
  for (const token of tokens) await token[Symbol.asyncDispose]();
});

async function startProxy(name: string): Promise<Proxy> {
  const directory = join(tokens[0]?.paths.directory ?? '', name);
  await mkdir(directory, { mode: 0o700 });
  const file = join(directory, 'portcullis.yaml');
  const [before, after] = tokens.map((token) => JSON.stringify(tokenSection(token, { name: token.label })));
  const text = `# of proxies a and b
proxy: { host: 127.0.0.1, port: 0, fleetSize: 2 }
stateDir: state
control: { socket: control.sock }
tokens:
  - ${before}
  - ${after} # the new one
keyStores:
  - pathPrefix: ${PREFIX}
    regions: [us-east-1]
    credentials: [${JSON.stringify(CREDENTIAL)}]
    keys:
      # the only key
      foo:
        token: before
        label: foo
        usage: [ENCRYPT, DECRYPT]
`;
  await writeFile(file, text, { mode: 0o600 });
  const process = await startedProxy(file);
  const socket = join(directory, 'control.sock');
  await until(async () => ((await controlGet(socket, '/status')) as { ready: boolean }).ready);
  const authority = /"proxy":"http:\/\/([^"]+)"/.exec(process.stdout)?.[1] ?? '';
  return { directory, file, socket, process, authority };
}

const rotate = (...args: string[]) =>
  portcullis('keys', 'rotate', '-c', master, '-p', PREFIX, '-k', 'foo', ...args);

/** As AWS KMS does, again when there was no answer in time: the machine of a test may be busy with others. */
async function call(
  { authority }: Proxy,
  operation: string,
  body: unknown,
): Promise<Record<string, unknown>> {
  for (let tries = 0; ; tries += 1) {
    const answer = await post(authority, `${PREFIX}/kms/xks/v1/keys/foo/${operation}`, body);
    if (answer.body['errorName'] !== 'DependencyTimeoutException' || tries === 50) return answer.body;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const encrypt = (proxy: Proxy) => call(proxy, 'encrypt', encryptBody(PLAINTEXT));

async function decrypt(proxy: Proxy, sealed: Record<string, unknown>): Promise<unknown> {
  const body = await call(proxy, 'decrypt', decryptBody(sealed));
  return body['plaintext'] ?? body['errorName'];
}

/** Each proxy encrypts for the other, until told to stop: what went wrong, and how many round trips there were. */
function crossTraffic() {
  const wrong: unknown[] = [];
  let trips = 0;
  let stopped = false;
  const between = async (from: Proxy, to: Proxy) => {
    while (!stopped) {
      const sealed = await encrypt(from);
      const opened = await decrypt(to, sealed);
      if (opened !== PLAINTEXT.toString('base64')) wrong.push({ opened, sealed });
      trips += 1;
    }
  };
  const running = Promise.all([between(a, b), between(b, a), between(a, a), between(b, b)]);
  return {
    wrong,
    more: async () => {
      const soon = trips + 16;
      await until(() => trips >= soon, { withinMs: 60_000 });
    },
    stop: async () => {
      stopped = true;
      await running;
    },
  };
}

/** Has a proxy take up the master, and waits until this generation encrypts and that one can decrypt. */
async function deploy({ file, socket }: Proxy, current: number, decrypts: number): Promise<void> {
  await copyFile(master, file);
  expect(await portcullis('reload', '--config', file)).toMatchObject({ code: 0, stderr: '' });
  await until(async () => {
    const { generations } = (await controlGet(socket, '/status')) as { generations: GenerationInForce[] };
    const ready = generations.some((each) => each.generation === decrypts && each.decrypts);
    return ready && generations.some((each) => each.generation === current && each.current);
  });
}

it('X-30 X-33 X-38: a key moves to another token and scheme under load, and nothing is ever unreadable', async () => {
  const old = await encrypt(a);
  expect(old['ciphertextMetadata']).toBeUndefined();
  const traffic = crossTraffic();

  const trial = await rotate('--to', 'token=after,label=foo-2,scheme=hmac', '--dry-run');
  expect(trial).toMatchObject({ code: 0, stderr: '' });
  expect(trial.stdout).toContain('nothing was written');
  expect(await readFile(master, 'utf8')).toBe(await readFile(b.file, 'utf8'));

  const step = await rotate('--to', 'token=after,label=foo-2,scheme=hmac');
  expect(step).toMatchObject({ code: 0, stderr: '' });
  expect(step.stdout).toContain('generation 1 decrypts; generation 0 still encrypts\n');
  const listed = await readFile(master, 'utf8');
  expect(listed).toMatch(
    /\n {6}# the only key\n {6}foo:\n {8}generations:\n {10}- \{ token: before, label: foo, generation: 0 \}\n {10}- \{ generation: 1, token: after, label: "foo-2", scheme: hmac, kcv: "[0-9a-f]{6}" \}\n {8}current: 0\n {8}usage: \[ENCRYPT, DECRYPT\]\n$/,
  );

  const early = await rotate('--switch', '--control', a.socket, '--control', b.socket);
  expect(early).toMatchObject({ code: 1, stdout: '' });
  expect(early.stderr).toContain(`the proxy at ${a.socket} has no generation 1 in force; reload it`);
  await traffic.more();
  await deploy(a, 0, 1);
  await traffic.more();
  const half = await rotate('--switch', '--control', a.socket, '--control', b.socket);
  expect(half).toMatchObject({ code: 1, stdout: '' });
  expect(half.stderr).toBe(`portcullis: the proxy at ${b.socket} has no generation 1 in force; reload it\n`);
  const alone = await rotate('--switch', '--control', a.socket);
  expect(alone.stderr).toContain('proxy.fleetSize is 2, and 1 of them can be asked');

  await deploy(b, 0, 1);
  await traffic.more();
  const switched = await rotate('--switch', '--control', a.socket, '--control', b.socket);
  expect(switched).toMatchObject({ code: 0, stderr: '' });
  expect(switched.stdout).toContain('generation 1 encrypts; generation 0 still decrypts\n');
  expect(await readFile(master, 'utf8')).toBe(listed.replace('current: 0', 'current: 1'));

  await deploy(b, 1, 0);
  await traffic.more();
  const tooEarly = await rotate('--retire', '0', '--yes', '--control', a.socket, '--control', b.socket);
  expect(tooEarly.stderr).toContain(`the proxy at ${a.socket} still encrypts with generation 0; reload it`);
  await deploy(a, 1, 0);
  await traffic.more();
  await traffic.stop();
  expect(traffic.wrong).toEqual([]);

  const made = await encrypt(a);
  expect(Buffer.from(made['ciphertextMetadata'] as string, 'base64').subarray(0, 4)).toEqual(
    Buffer.from('01030001', 'hex'),
  );
  expect(await decrypt(b, made)).toBe(PLAINTEXT.toString('base64'));
  expect(await decrypt(b, old)).toBe(PLAINTEXT.toString('base64'));

  const unsure = await rotate('--retire', '0', '--control', a.socket, '--control', b.socket);
  expect(unsure).toMatchObject({ code: 1, stdout: '' });
  expect(unsure.stderr).toContain('say --yes if nobody needs it any more');
  const retired = await rotate('--retire', '0', '--yes', '--control', a.socket, '--control', b.socket);
  expect(retired).toMatchObject({ code: 0, stderr: '' });
  for (const proxy of [a, b]) await deploy(proxy, 1, 1);
  expect(await decrypt(a, old)).toBe('InvalidCiphertextException');
  expect(await decrypt(b, old)).toBe('InvalidCiphertextException');
  expect(await decrypt(b, made)).toBe(PLAINTEXT.toString('base64'));
}, 240_000);

it.for([
  { args: [], code: 2, says: 'name one step: --to, --switch or --retire' },
  { args: ['--to', 'label=x', '--switch'], code: 2, says: 'name one step' },
  { args: ['--to', 'token=after,color=red'], code: 2, says: "not 'color=red'" },
  { args: ['--to', 'label=foo-2'], code: 2, says: '--to must have token=<name>, one of before, after' },
  { args: ['--to', 'token=after,label=x,scheme=rot13'], code: 2, says: '--to has scheme=rot13' },
  { args: ['--retire', 'one'], code: 2, says: "--retire takes a whole number from 0 to 65535, not 'one'" },
  { args: ['--retire', '1'], code: 1, says: 'generation 1 is current and encrypts; switch to another' },
  { args: ['--retire', '9'], code: 1, says: 'the key has no generation 9' },
  { args: ['--switch'], code: 1, says: 'generation 1 encrypts already' },
  { args: ['--switch', '--generation', '7'], code: 1, says: 'the key has no generation 7' },
  { args: ['--to', 'token=after,label=gone'], code: 1, says: 'label=gone' },
  { args: ['--to', 'token=before,label=foo,scheme=cmac'], code: 1, says: 'the new key is unfit: ' },
  { args: ['--to', 'token=before,label=foo', '--generation', '1'], code: 1, says: 'is there already' },
  { args: ['--to', 'token=before,label=health'], code: 1, says: 'selects the health key' },
  { args: ['-k', 'bar', '--switch'], code: 2, says: "has no key 'bar'" },
])('refuses $args with $code', async ({ args, code, says }) => {
  const before = await readFile(master, 'utf8');
  const result = await rotate(...args);
  expect(result).toMatchObject({ code, stdout: expect.not.stringContaining('+ ') });
  expect(result.stderr).toContain(says);
  expect(await readFile(master, 'utf8')).toBe(before);
});

it('shows what it does as JSON, and goes back', async () => {
  const added = await rotate('--to', 'token=before,label=foo', '--generation', '5', '--json');
  expect(added).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(added.stdout)).toMatchObject({
    written: true,
    place: 'keyStores[0].keys.foo',
    generation: 5,
    after: expect.stringContaining('- { generation: 5, token: before, label: foo, scheme: native-gcm'),
  });
  const back = await rotate('--switch', '--all-proxies-reloaded');
  expect(back).toMatchObject({ code: 0 });
  expect((await rotate('--switch', '--generation', '1', '--all-proxies-reloaded')).code).toBe(0);
  expect((await rotate('--retire', '5', '--yes', '--all-proxies-reloaded')).code).toBe(0);
});
