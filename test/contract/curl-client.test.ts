import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CREDENTIAL, PREFIX } from '../support/proxy-config.ts';
import { metadata, type RunningProxy, startProxy } from '../support/running-proxy.ts';

const run = promisify(execFile);
let proxy: RunningProxy;

beforeAll(async () => {
  proxy = await startProxy();
});
afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
});

/** Posts with curl's own SigV4; the credential travels in a file, as curl's manual advises. */
async function curl(path: string, body: object, scope = 'aws:amz:us-east-1:kms-xks-proxy'): Promise<string> {
  const credentialFile = join(proxy.token.paths.directory, 'curl.conf');
  writeFileSync(credentialFile, `user = "${CREDENTIAL.accessKeyId}:${CREDENTIAL.secretAccessKey}"\n`, {
    mode: 0o600,
  });
  const url = `${proxy.running.addresses.proxy}${PREFIX}/kms/xks/v1/${path}`;
  const flags = [
    '--silent',
    '--aws-sigv4',
    scope,
    '--config',
    credentialFile,
    '--header',
    'Content-Type: application/json',
  ];
  const { stdout } = await run('curl', [
    ...flags,
    '--write-out',
    ' %{http_code}',
    '--data',
    JSON.stringify(body),
    url,
  ]);
  return stdout;
}

describe('curl as the client', () => {
  it('X-61 X-63: what curl signs is encrypted by the token and decrypted again', async () => {
    const plaintext = Buffer.from('what KMS sends').toString('base64');
    const encrypted = await curl('keys/foo/encrypt', {
      requestMetadata: metadata('Encrypt'),
      plaintext,
      encryptionAlgorithm: 'AES_GCM',
      ciphertextDataIntegrityValueAlgorithm: 'SHA_256',
    });
    expect(encrypted).toMatch(/^\{"authenticationTag":"[^"]+".*\} 200$|^\{"ciphertext":"[^"]+".*\} 200$/);
    const sealed = JSON.parse(encrypted.replace(/ 200$/, '')) as object;
    const decrypted = await curl('keys/foo/decrypt', {
      ...sealed,
      requestMetadata: metadata('Decrypt'),
      encryptionAlgorithm: 'AES_GCM',
    });
    expect(decrypted).toBe(`{"plaintext":"${plaintext}"} 200`);
  });

  it.for([{ scope: 'aws:amz:eu-west-1:kms-xks-proxy' }, { scope: 'aws:amz:us-east-1:kms' }])(
    'X-52: $scope is not the scope of this key store',
    async ({ scope }) => {
      const answer = await curl('health', { requestMetadata: metadata('KmsHealthCheck') }, scope);
      expect(answer).toMatch(/"errorName":"AuthenticationFailedException".* 401$/);
    },
  );
});
