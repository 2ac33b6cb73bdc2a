/** Ordinary domain values; a test names only what it is about. */
import type { KeyDescription } from '../../../../src/domain/ports/hsm.ts';
import { Secret } from '../../../../src/domain/secret.ts';
import type { KeyStore, MappedKey } from '../../../../src/domain/xks/key-store.ts';
import type { RequestAttributes } from '../../../../src/domain/xks/request-attributes.ts';

export function mappedKey(externalKeyId: string, overrides: Partial<MappedKey> = {}): MappedKey {
  return {
    externalKeyId,
    key: { token: 'soft', selector: { label: externalKeyId } },
    scheme: 'native-gcm',
    status: 'ENABLED',
    usages: new Set(['ENCRYPT', 'DECRYPT']),
    generation: 0,
    allowExtractable: false,
    shared: false,
    ...overrides,
  };
}

export function keyStore(keys: readonly MappedKey[], overrides: Partial<KeyStore> = {}): KeyStore {
  return {
    pathPrefix: '/one',
    tenant: 1,
    status: 'ENABLED',
    regions: ['us-east-1'],
    credentials: [{ accessKeyId: ACCESS_KEY_ID, secretAccessKey: new Secret(SECRET_ACCESS_KEY) }],
    aadMode: 'spec',
    keys: new Map(keys.map((key) => [key.externalKeyId, key])),
    policy: { default: 'ALLOW', statements: [] },
    ...overrides,
  };
}

export function keyDescription(overrides: Partial<KeyDescription> = {}): KeyDescription {
  return {
    keyType: 'AES',
    bits: 256,
    canEncrypt: true,
    canDecrypt: true,
    canSign: false,
    canVerify: false,
    canWrap: false,
    canUnwrap: false,
    canDerive: false,
    extractable: false,
    sensitive: true,
    kcvHex: '0a0b0c',
    label: 'foo',
    idHex: '01',
    tokenSerial: '1234',
    ...overrides,
  };
}

export function attributes(overrides: Partial<RequestAttributes> = {}): RequestAttributes {
  return {
    kmsRequestId: 'request-1',
    kmsOperation: 'Encrypt',
    awsPrincipalArn: 'arn:aws:iam::123456789012:user/Alice',
    kmsKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/k1',
    kmsViaService: undefined,
    awsSourceVpc: undefined,
    awsSourceVpce: undefined,
    region: 'us-east-1',
    accessKeyId: ACCESS_KEY_ID,
    ...overrides,
  };
}

export const ACCESS_KEY_ID = 'PORTCULLISTESTKEYAAAAAAA';
export const SECRET_ACCESS_KEY = 'not-a-secret-only-a-test-value-of-43-chars+';
