/** What the openssl command says of keys that it gets as files. Debian's 3.0 has no post-quantum algorithms. */
import type { KeyObject } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type {
  EcdsaRow,
  EdwardsRow,
  RsaEncryptionRow,
  RsaSignatureRow,
} from '../../../src/domain/key/algorithms.ts';
import { runTool } from '../tokens/run-tool.ts';

/** The plaintext, encrypted by RSAES-OAEP. */
export async function encryptByOpenSsl(
  key: KeyObject,
  { hash }: RsaEncryptionRow,
  plaintext: Uint8Array,
): Promise<Buffer> {
  return await withFiles({ key: spkiOf(key), in: plaintext }, async (path) => {
    const options = ['rsa_padding_mode:oaep', `rsa_oaep_md:${hash}`, `rsa_mgf1_md:${hash}`];
    const files = ['-inkey', path('key'), '-in', path('in'), '-out', path('out')];
    await runTool('openssl', ['pkeyutl', '-encrypt', '-pubin', ...files, ...optionsOf('-pkeyopt', options)]);
    return await readFile(path('out'));
  });
}

/** Rejects when openssl finds that the signature is none. */
export async function verifyByOpenSsl(
  row: RsaSignatureRow | EcdsaRow | EdwardsRow,
  key: KeyObject,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<string> {
  return await withFiles({ key: spkiOf(key), message, signature }, (path) => {
    const signed = [path('key'), '-sigfile', path('signature'), '-in', path('message')];
    if (!('hash' in row)) {
      return runTool('openssl', ['pkeyutl', '-verify', '-pubin', '-rawin', '-inkey', ...signed]);
    }
    const pss = ['rsa_padding_mode:pss', 'rsa_pss_saltlen:digest', `rsa_mgf1_md:${row.hash}`];
    const options = optionsOf('-sigopt', row.kind === 'rsa-pss' ? pss : []);
    const given = ['-verify', path('key'), '-signature', path('signature'), ...options, path('message')];
    return runTool('openssl', ['dgst', `-${row.hash}`, ...given]);
  });
}

async function withFiles<T>(
  files: Readonly<Record<string, Uint8Array | string>>,
  work: (path: (name: string) => string) => Promise<T>,
): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'portcullis-openssl-'));
  const path = (name: string) => join(directory, name);
  try {
    for (const [name, content] of Object.entries(files)) await writeFile(path(name), content);
    return await work(path);
  } finally {
    await rm(directory, { recursive: true });
  }
}

function spkiOf(key: KeyObject): string {
  return String(key.export({ type: 'spki', format: 'pem' }));
}

function optionsOf(name: string, values: readonly string[]): string[] {
  return values.flatMap((value) => [name, value]);
}
