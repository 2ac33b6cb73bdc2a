import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { decryptBody, encryptBody, startProxy } from '../support/running-proxy.ts';

it('encryptions are counted for each key, decryptions and checks of new ciphertexts are not, and the count outlives the process', async () => {
  await using proxy = await startProxy({}, (token) => token.addAesKey({ label: 'bar' }));
  const plaintext = Buffer.from('counted');
  const cdiv = { ciphertextDataIntegrityValueAlgorithm: 'SHA_256' };
  for (let call = 0; call < 3; call += 1) {
    const { body } = await proxy.post('keys/foo/encrypt', encryptBody(plaintext, cdiv));
    await proxy.post('keys/foo/decrypt', decryptBody(body));
  }
  const metrics = await (await fetch(`${proxy.running.addresses.metrics}/metrics`)).text();
  expect(metrics).toContain('portcullis_key_invocations{token="soft",key="foo"} 1\n');
  expect(metrics).toContain('portcullis_key_invocations_limit 4294967296\n');
  await proxy.running.drain();
  const directory = join(proxy.token.paths.directory, 'state', 'invocations');
  const counts = readdirSync(directory).map((name) =>
    JSON.parse(readFileSync(join(directory, name), 'utf8')),
  );
  expect(counts).toEqual([
    expect.objectContaining({ count: 3, label: 'foo', idHex: '0a01', tokenSerial: proxy.token.serial }),
  ]);
});
