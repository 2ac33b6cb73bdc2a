/** What the private half, or the secret, of a key of each kind is for. */
import { constants, encapsulate, generateKeyPairSync, publicEncrypt, randomBytes } from 'node:crypto';
import type { AlgorithmRow } from '../../../src/domain/key/algorithms.ts';
import type { KeyVault, VaultKey } from '../../../src/domain/ports/key-vault.ts';
import { AAD, context, TEXT } from '../key-vault-contract.ts';
import type { KindRig } from './kind-rig.ts';
import { pointOf } from './sample-keys.ts';

/** Resolves when the vault has worked with the key. */
export type Use = (vault: KeyVault, key: VaultKey) => Promise<unknown>;

/** What `made`, a key of this kind, can be used for. */
export async function useOf(rig: KindRig, row: AlgorithmRow, made: VaultKey): Promise<Use> {
  switch (row.kind) {
    case 'symmetric':
      return (vault, key) => vault.encrypt(key, { plaintext: TEXT, aad: () => AAD }, context());
    case 'hmac':
      return (vault, key) => vault.mac(key, row, TEXT, context());
    case 'rsa-oaep': {
      const key = await rig.publicKey(made, row);
      const padding = constants.RSA_PKCS1_OAEP_PADDING;
      const ciphertext = publicEncrypt({ key, padding, oaepHash: row.hash }, TEXT);
      return (vault, used) => vault.decryptRsa(used, row, ciphertext, context());
    }
    case 'ecdh': {
      const peer = pointOf(generateKeyPairSync('ec', { namedCurve: row.curve }).publicKey);
      return (vault, key) => vault.agree(key, row, peer, context());
    }
    case 'ml-kem': {
      const { ciphertext } = encapsulate(await rig.publicKey(made, row));
      return (vault, key) => vault.decapsulate(key, row, ciphertext, context());
    }
    case 'ed25519':
    case 'ml-dsa':
      return (vault, key) => vault.sign(key, { row, form: 'message', input: TEXT }, context());
    default: {
      const input = randomBytes(row.digestBytes);
      return (vault, key) => vault.sign(key, { row, form: 'digest', input }, context());
    }
  }
}
