/**
 * opencryptoki's software token: a stand-in for a device without GCM. Its slot daemon and its data have fixed
 * places on a machine, from which private-opencryptoki.c moves them into the token's own directory.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { opencryptoki } from '../../../src/hsm/devices/opencryptoki.ts';
import { absence, findLibrary, findProgram } from './debian-files.ts';
import { runTool } from './run-tool.ts';
import { SlotDaemon } from './slot-daemon.ts';
import { type ProvisionedToken, randomLabel, type TokenKind } from './token-kind.ts';

const MODULE = findLibrary(
  '/usr/lib/*/pkcs11/libopencryptoki.so',
  '/usr/lib/*/opencryptoki/libopencryptoki.so',
);
const DAEMON = findProgram('pkcsslotd');

export const OPENCRYPTOKI: TokenKind = {
  name: 'opencryptoki',
  profile: opencryptoki,
  wrapsKeys: false,
  mechanisms: ['CKM_SHA256_HMAC', 'CKM_AES_CBC', 'CKM_AES_ECB'],
  lacks: [
    'aes-gcm',
    'aes-cmac',
    'hmac-sha224',
    'ecdsa-p256',
    'ecdsa-p384',
    'ecdsa-p521',
    'ecdsa-secp256k1',
    'ecdh-p256',
    'ecdh-p384',
    'ecdh-p521',
    'ed25519',
    'ed25519ph',
    'ml-dsa',
  ],
  absent:
    absence([
      { part: 'libopencryptoki.so', found: MODULE, package: 'libopencryptoki0' },
      { part: 'pkcsslotd', found: DAEMON, package: 'opencryptoki' },
      { part: 'pkcs11-tool', found: findProgram('pkcs11-tool'), package: 'opensc' },
    ]) ?? (process.getuid?.() === 0 ? undefined : 'pkcsslotd starts for root alone'),
  provision: provisionOpencryptoki,
};

async function provisionOpencryptoki(): Promise<ProvisionedToken> {
  const directory = await mkdtemp(join(tmpdir(), 'portcullis-ock-'));
  const preload = join(directory, 'private.so');
  await runTool('gcc', ['-shared', '-fPIC', '-O1', '-o', preload, SOURCE, '-ldl']);
  for (const place of PLACES) await mkdir(join(directory, place), { recursive: true });
  await writeFile(join(directory, 'etc/opencryptoki/opencryptoki.conf'), CONFIGURATION);
  // The daemon's own file gives the shared memory its number.
  await writeFile(join(directory, 'usr/sbin/pkcsslotd'), '');
  const env = { LD_PRELOAD: preload, PRIVATE_ROOT: directory };
  const daemon = new SlotDaemon(DAEMON ?? 'pkcsslotd', join(directory, 'var/run/pkcsslotd.socket'), env);
  await daemon.end();
  const token = { paths: { directory, module: MODULE ?? '' }, env, label: randomLabel(), pin: randomPin() };
  const dispose = async (): Promise<void> => {
    await daemon[Symbol.asyncDispose]();
    await removeSharedMemory(directory);
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await initialise(token);
  } catch (error) {
    await dispose();
    throw error;
  }
  return { ...token, outage: daemon, [Symbol.asyncDispose]: dispose };
}

/** A fresh token takes one SO PIN alone, which every copy of opencryptoki knows. */
async function initialise(token: Pick<ProvisionedToken, 'paths' | 'env' | 'label' | 'pin'>): Promise<void> {
  const tool = (...args: readonly string[]): Promise<string> =>
    runTool('pkcs11-tool', ['--module', token.paths.module, '--slot', '0', ...args], {
      ...token.env,
      TEST_PIN: token.pin,
    });
  await tool('--init-token', '--label', token.label, '--so-pin', FACTORY_SO_PIN);
  const asOfficer = ['--login', '--login-type', 'so', '--so-pin', FACTORY_SO_PIN];
  await tool(...asOfficer, '--init-pin', '--new-pin', 'env:TEST_PIN', '--pin', 'env:TEST_PIN');
}

/** opencryptoki leaves its shared memory behind. */
async function removeSharedMemory(directory: string): Promise<void> {
  const names = await readdir(SHARED_MEMORY);
  const own = names.filter((name) => name.startsWith(`${basename(directory)}.`));
  await Promise.all(own.map((name) => rm(join(SHARED_MEMORY, name), { force: true })));
}

/** 4 to 8 characters. */
function randomPin(): string {
  return randomBytes(4).toString('hex');
}

const SOURCE = join(import.meta.dirname, 'private-opencryptoki.c');
const CONFIGURATION = 'version opencryptoki-3.1\nslot 0\n{\nstdll = libpkcs11_sw.so\n}\n';
const PLACES = [
  'etc/opencryptoki',
  'usr/sbin',
  'var/lib/opencryptoki/swtok/TOK_OBJ',
  'var/lock/opencryptoki/swtok',
  'var/log/opencryptoki',
  'var/run',
];
const SHARED_MEMORY = '/dev/shm';
const FACTORY_SO_PIN = '87654321';
