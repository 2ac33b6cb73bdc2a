import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { SYMMETRIC } from '../../../../src/domain/key/key-specs.ts';
import { deriveDomainKeys } from '../../../../src/hsm/material/domain-secret.ts';
import { SoftwareVault } from '../../../../src/hsm/software/software-vault.ts';
import { makeToken, materialIdOf } from '../../../support/vault-model.ts';

// What was stored once must open for ever: the file changes with no release.
const FILE = fileURLToPath(new URL('../../../../docs/vectors/kms-envelope.json', import.meta.url));
const { domain, key, message, seal } = JSON.parse(readFileSync(FILE, 'utf8')) as Record<
  'domain' | 'key' | 'message' | 'seal',
  Record<string, string>
>;

function bytes(hex: string | undefined): Buffer {
  return Buffer.from(hex ?? '', 'hex');
}

function hex(value: Uint8Array): string {
  return Buffer.from(value).toString('hex');
}

function vault(): SoftwareVault {
  const entropy = { randomBytes: (length: number) => new Uint8Array(length) };
  return new SoftwareVault({ entropy, generations: [{ number: 1, secret: bytes(domain['secret']) }] });
}

const KEY = { account: key['account'] ?? '', keyId: key['keyId'] ?? '' };

describe('docs/vectors/kms-envelope.json', () => {
  it("has the keys that follow from a domain's secret", () => {
    const { domain: wrapping, registry, seal: sealing } = deriveDomainKeys(bytes(domain['secret']));
    expect([hex(wrapping), hex(registry), hex(sealing)]).toEqual([
      domain['domainKey'],
      domain['registryKey'],
      domain['sealKey'],
    ]);
  });

  it('has the id and the token that an import makes of the material, here and in the model', async () => {
    const made = await vault().import(KEY, SYMMETRIC, bytes(key['material']));
    expect(made.materialId).toBe(key['materialId']);
    expect(hex(made.token)).toBe(key['exportedKeyToken']);
    expect(materialIdOf(bytes(key['material']), KEY)).toBe(key['materialId']);
    const ofModel = { ...KEY, generation: 1, materialId: made.materialId };
    expect(hex(makeToken(bytes(domain['secret']), bytes(key['material']), ofModel))).toBe(hex(made.token));
  });

  it('has a message that opens', async () => {
    const opened = await vault().decrypt(
      { ...KEY, materialId: key['materialId'] ?? '', token: bytes(key['exportedKeyToken']) },
      {
        nonce: bytes(message['nonce']),
        iv: bytes(message['iv']),
        ciphertext: bytes(message['ciphertext']),
        tag: bytes(message['tag']),
        aad: bytes(message['aad']),
      },
    );
    expect(hex(opened)).toBe(message['plaintext']);
  });

  it('has a seal that opens', async () => {
    expect(hex(await vault().unseal('marker', bytes(seal['sealed'])))).toBe(seal['text']);
  });
});
