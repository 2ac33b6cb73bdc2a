/**
 * Makes what the demo needs, once. Each of its two parts appears whole, by a rename or a link: `token/`
 * (SoftHSM2 token with keys, PINs) and then `portcullis.yaml` (credentials). So whatever a start finds it can
 * trust, and whatever an interrupted one left half-finished is made anew.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, link, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readEnvironment } from '../config/env.ts';
import type { Entropy } from '../domain/ports/entropy.ts';
import { Secret } from '../domain/secret.ts';
import { softhsm2 } from '../hsm/devices/softhsm2.ts';
import { hostEnvironment } from '../hsm/supervisor/host-environment.ts';
import { openTokenAdmin } from '../hsm/token-admin.ts';
import { CliFault } from './cli-fault.ts';
import { DEMO_KEYS, DEMO_KMS_TOKEN_LABEL, DEMO_TOKEN_LABEL, demoConfig } from './demo-config.ts';

/** Returns the path of the configuration. A finished set-up is left as it is, secrets and keys included. */
export async function prepareDemo(directory: string): Promise<string> {
  const configFile = join(directory, 'portcullis.yaml');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await chmod(directory, 0o700);
  const module = findSoftHsm();
  if (existsSync(configFile)) {
    checkToken(directory);
  } else {
    await removeLeftovers(directory);
    if (!existsSync(join(directory, 'token'))) {
      await setRecordsAside(directory);
      await createToken(directory, module);
    }
    await placeOnce(configFile, demoConfig(directory, module, ENTROPY));
  }
  await pointSoftHsmTo(join(directory, 'token'));
  return configFile;
}

/** Keys can't be made again: a damaged folder is for its owner to judge. */
function checkToken(directory: string): void {
  const missing = ['token/pin', 'token/objects'].find((path) => !existsSync(join(directory, path)));
  if (missing === undefined) return;
  throw new CliFault(
    'demo-damaged',
    `${join(directory, missing)} is missing although the demo was set up; put it back, or remove ${directory} to begin anew with new keys`,
  );
}

/** Records of an engine whose keys went with their token open nothing any more; they are kept for their owner to judge. */
async function setRecordsAside(directory: string): Promise<void> {
  const records = join(directory, 'kms');
  if (existsSync(records)) await rename(records, join(directory, `kms-without-keys-${Date.now()}`));
}

async function createToken(directory: string, module: string): Promise<void> {
  const staging = await mkdtemp(join(directory, `${STAGING_PREFIX}${process.pid}-`));
  await mkdir(join(staging, 'objects'), { mode: 0o700 });
  await pointSoftHsmTo(staging);
  const place = { staging, module, stateDir: join(directory, 'state') };
  await initToken(place, { label: DEMO_TOKEN_LABEL, pinFile: 'pin', soPinFile: 'so-pin', keys: DEMO_KEYS });
  await initToken(place, {
    label: DEMO_KMS_TOKEN_LABEL,
    pinFile: 'kms-pin',
    soPinFile: 'kms-so-pin',
    keys: DEMO_KEYS.filter(({ label }) => label === 'health'),
  });
  await rename(staging, join(directory, 'token')).catch((error: unknown) =>
    discardUnlessFirst(error, staging),
  );
}

async function initToken(
  place: { readonly staging: string; readonly module: string; readonly stateDir: string },
  token: {
    readonly label: string;
    readonly pinFile: string;
    readonly soPinFile: string;
    readonly keys: typeof DEMO_KEYS;
  },
): Promise<void> {
  const { staging, module, stateDir } = place;
  const { label } = token;
  const pin = new Secret(randomBytes(PIN_BYTES).toString('hex'));
  const soPin = new Secret(randomBytes(PIN_BYTES).toString('hex'));
  await writeFile(join(staging, token.pinFile), `${pin.reveal()}\n`, { mode: 0o600 });
  await writeFile(join(staging, token.soPinFile), `${soPin.reveal()}\n`, { mode: 0o600 });
  await using admin = await openTokenAdmin({
    profile: softhsm2,
    module,
    env: hostEnvironment(readEnvironment(), { SOFTHSM2_CONF: join(staging, 'softhsm2.conf') }),
    stateDir,
  });
  await admin.initToken({ label, soPin, pin });
  await admin.login({ token: { label }, pin });
  for (const key of token.keys) await admin.generateKey({ ...key, scheme: 'native-gcm' });
}

/** Another start of the same demo was quicker: its token is the one, and nobody has seen ours. */
async function discardUnlessFirst(error: unknown, staging: string): Promise<void> {
  if (!EXISTS.has(errorCode(error))) throw error;
  await rm(staging, { recursive: true });
}

/** SoftHSM2 wants an absolute path, and the folder may have been moved since the last start. */
async function pointSoftHsmTo(tokenFolder: string): Promise<void> {
  const file = join(tokenFolder, 'softhsm2.conf');
  const text = `directories.tokendir = ${join(tokenFolder, 'objects')}\nobjectstore.backend = file\nlog.level = ERROR\n`;
  const present = existsSync(file) ? await readFile(file, 'utf8') : '';
  if (present !== text) await writeFile(file, text, { mode: 0o600 });
}

/** What starts that were interrupted left behind; one that still runs is left alone. */
async function removeLeftovers(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const pid = STAGING_NAME.exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    await rm(join(directory, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

/** Writes a file that appears complete or not at all, and never replaces one. */
async function placeOnce(file: string, text: string): Promise<void> {
  const draft = join(dirname(file), `${STAGING_PREFIX}${process.pid}-${randomBytes(4).toString('hex')}`);
  await writeFile(draft, text, { mode: 0o600 });
  try {
    await link(draft, file);
  } catch (error) {
    if (!EXISTS.has(errorCode(error))) throw error;
  } finally {
    await rm(draft);
  }
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** The same places that softhsm/setup.sh looks at. */
function findSoftHsm(): string {
  const found = SOFTHSM_MODULES.find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new CliFault('not-installed', 'SoftHSM2 is not installed; run: sh softhsm/setup.sh start');
}

const SOFTHSM_MODULES: readonly string[] = [
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so',
  '/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so',
  '/usr/local/lib/softhsm/libsofthsm2.so',
  '/usr/lib64/softhsm/libsofthsm2.so',
  '/usr/lib64/pkcs11/libsofthsm2.so',
];
const STAGING_PREFIX = 'unfinished-';
const STAGING_NAME = /^unfinished-(\d+)-/;
const EXISTS: ReadonlySet<string> = new Set(['EEXIST', 'ENOTEMPTY']);
const PIN_BYTES = 16;
const ENTROPY: Entropy = { randomBytes: (length) => randomBytes(length) };
