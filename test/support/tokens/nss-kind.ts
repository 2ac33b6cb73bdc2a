/**
 * NSS softokn: the PKCS#11 module behind Firefox, over a key database. It takes its settings as library
 * parameters, which name the token too, and one process at a time.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nss } from '../../../src/hsm/devices/nss.ts';
import { absence, findLibrary, findProgram } from './debian-files.ts';
import { runTool } from './run-tool.ts';
import { movedAway } from './softhsm2-kind.ts';
import { type ProvisionedToken, randomLabel, type TokenKind } from './token-kind.ts';

const MODULE = findLibrary('/usr/lib/*/libsoftokn3.so', '/usr/lib/*/nss/libsoftokn3.so');
const CERTUTIL = findProgram('certutil');

export const NSS: TokenKind = {
  name: 'NSS softokn',
  profile: nss,
  wrapsKeys: true,
  withoutSpecs: ['ECC_SECG_P256K1'],
  mechanisms: ['CKM_AES_GCM', 'CKM_AES_CMAC', 'CKM_SHA256_HMAC', 'CKM_AES_CBC', 'CKM_AES_ECB'],
  lacks: ['ecdsa-secp256k1', 'ed25519', 'ed25519ph', 'ml-dsa'],
  absent: absence([
    { part: 'libsoftokn3.so', found: MODULE, package: 'libnss3' },
    { part: 'certutil', found: CERTUTIL, package: 'libnss3-tools' },
  ]),
  provision: provisionNss,
};

async function provisionNss(): Promise<ProvisionedToken> {
  const directory = await mkdtemp(join(tmpdir(), 'portcullis-nss-'));
  const database = join(directory, 'database');
  const pinFile = join(directory, 'pin');
  const pin = randomBytes(8).toString('hex');
  await mkdir(database);
  await writeFile(pinFile, `${pin}\n`, { mode: 0o600 });
  await runTool(CERTUTIL ?? 'certutil', ['-N', '-d', `sql:${database}`, '-f', pinFile]);
  const label = randomLabel();
  const parameters = {
    configdir: `sql:${database}`,
    certPrefix: '',
    keyPrefix: '',
    secmod: 'secmod.db',
    dbTokenDescription: label,
  };
  return {
    paths: { directory, module: MODULE ?? '' },
    libraryParameters: Object.entries(parameters)
      .map(([name, value]) => `${name}='${value}'`)
      .join(' '),
    env: {},
    label,
    pin,
    outage: movedAway(database),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}
