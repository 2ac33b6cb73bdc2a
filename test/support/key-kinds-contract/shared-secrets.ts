import {
  createECDH,
  diffieHellman,
  encapsulate,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { ml_kem512, ml_kem768, ml_kem1024 } from '@noble/post-quantum/ml-kem.js';
import { describe, expect, it } from 'vitest';
import type { AgreementRow, EncapsulationRow } from '../../../src/domain/key/algorithms.ts';
import { openExportedKey } from '../exported-key-model.ts';
import { context, hex } from '../key-vault-contract.ts';
import type { KindRig } from './kind-rig.ts';
import { pkcs8Of, pointOf } from './sample-keys.ts';
import { rawOf } from './signature-check.ts';

export function sharedSecretContract(rig: KindRig): void {
  describe('key agreement', () => {
    const rows = rig.rowsOf('ecdh');

    it.for(rows)('on $curve has the secret that the other side computes with node:crypto', async (row) => {
      const key = await rig.key(row);
      const other = generateKeyPairSync('ec', { namedCurve: row.curve });
      const secret = await rig.vaults.first.agree(key, row, pointOf(other.publicKey), context());
      const theirs = diffieHellman({
        privateKey: other.privateKey,
        publicKey: await rig.publicKey(key, row),
      });
      expect(hex(secret)).toBe(hex(theirs));
      expect(secret).toHaveLength(row.fieldBytes);
    });

    it.for(rows)('on $curve works between two keys of the vault', async (row) => {
      const [one, two] = [await rig.key(row), await rig.newKey(row)];
      const { first } = rig.vaults;
      const forOne = await first.agree(one, row, pointOf(await rig.publicKey(two, row)), context());
      const forTwo = await first.agree(two, row, pointOf(await rig.publicKey(one, row)), context());
      expect(hex(forOne)).toBe(hex(forTwo));
    });

    // On P-384, which OpenSSL is slow with, it would take seconds to find one.
    const quick = rows.filter(({ curve }) => curve !== 'P-384');
    it.for(quick)('on $curve keeps the zeros at the beginning of a secret', async (row) => {
      const mine = generateKeyPairSync('ec', { namedCurve: row.curve }).privateKey;
      const key = await rig.importKey(row, pkcs8Of(mine));
      const { peer, secret } = peerWithLeadingZero(mine, row);
      expect(hex(await rig.vaults.first.agree(key, row, peer, context()))).toBe(secret);
    });
  });

  describe('decapsulation', () => {
    const rows = rig.rowsOf('ml-kem');

    it.for(rows)(
      'by a key of $spec has the secret of who encapsulated, by node:crypto and by Noble',
      async (row) => {
        const key = await rig.key(row);
        const publicKey = await rig.publicKey(key, row);
        const ofNode = encapsulate(publicKey);
        const ofNoble = KEMS[row.spec as keyof typeof KEMS].encapsulate(rawOf(publicKey));
        const { first } = rig.vaults;
        const secret = await first.decapsulate(key, row, ofNode.ciphertext, context());
        expect(hex(secret)).toBe(hex(ofNode.sharedKey));
        const another = await first.decapsulate(key, row, ofNoble.cipherText, context());
        expect(hex(another)).toBe(hex(ofNoble.sharedSecret));
      },
    );

    it.for(rows)('by a key of $spec rejects implicitly, with the bytes of FIPS 203', async (row) => {
      const key = await rig.key(row);
      const { seed } = openExportedKey(rig.vaults.secrets[0], key.token);
      const kem = KEMS[row.spec as keyof typeof KEMS];
      const foreign = randomBytes(row.ciphertextBytes);
      const secret = await rig.vaults.first.decapsulate(key, row, foreign, context());
      expect(hex(secret)).toBe(hex(kem.decapsulate(foreign, kem.keygen(seed).secretKey)));
    });

    it.for(rows)('by a key of $spec takes a ciphertext of the right length alone', async (row) => {
      const key = await rig.key(row);
      for (const length of [0, row.ciphertextBytes - 1, row.ciphertextBytes + 1]) {
        const opened = rig.vaults.first.decapsulate(key, row, Buffer.alloc(length), context());
        await expect(opened).rejects.toMatchObject({ name: 'HsmFault', code: 'corrupt' });
      }
    });
  });
}

/** One of 256 has one, and one of two on P-521, whose first byte is one bit. */
function peerWithLeadingZero(
  key: KeyObject,
  { curve, fieldBytes }: AgreementRow,
): { readonly peer: Buffer; readonly secret: string } {
  const ecdh = createECDH(OPENSSL_CURVES[curve]);
  ecdh.setPrivateKey(Buffer.from(String(key.export({ format: 'jwk' }).d), 'base64url'));
  for (;;) {
    const peer = pointOf(generateKeyPairSync('ec', { namedCurve: curve }).publicKey);
    const secret = ecdh.computeSecret(peer);
    if (secret.length === fieldBytes && secret[0] === 0) return { peer, secret: secret.toString('hex') };
  }
}

const OPENSSL_CURVES = {
  'P-256': 'prime256v1',
  'P-384': 'secp384r1',
  'P-521': 'secp521r1',
  secp256k1: 'secp256k1',
} as const;
const KEMS = {
  ML_KEM_512: ml_kem512,
  ML_KEM_768: ml_kem768,
  ML_KEM_1024: ml_kem1024,
} as const satisfies Partial<Record<EncapsulationRow['spec'], unknown>>;
