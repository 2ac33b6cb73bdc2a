/** In which form a kind of key has its material: a secret or a private key in the token, or a seed for this process. */
import { createPublicKey } from 'node:crypto';
import type { Template } from 'pkcs11js';
import { Bug } from '../../domain/bug.ts';
import type { MaterialKind } from '../../domain/ports/key-vault.ts';
import { seedFormOf } from '../asymmetric/key-forms.ts';
import type { DeviceProfile } from '../devices/profile.ts';
import type { ParsedKey } from '../material/exported-key-token.ts';
import { secretFormOf } from '../material/secret-material.ts';
import { type EcShape, type PrivateKeyShape, privateKeyShape } from '../pkcs11/private-key-shapes.ts';
import {
  EXPORTABLE_MATERIAL,
  exportablePrivateKey,
  WORKING_MATERIAL,
  workingPrivateKey,
} from '../pkcs11/vault-templates.ts';

export type MaterialForm =
  | { readonly is: 'secret'; readonly bytes: number }
  | { readonly is: 'private'; readonly shape: PrivateKeyShape }
  | { readonly is: 'seed'; readonly bytes: number };

export function formOfMaterial(kind: MaterialKind): MaterialForm {
  const shape = privateKeyShape(kind);
  if (shape !== undefined) return { is: 'private', shape };
  const secret = secretFormOf(kind);
  if (secret !== undefined) return { is: 'secret', bytes: secret.bytes };
  return { is: 'seed', bytes: seedFormOf(kind.spec).seedBytes };
}

/** With what C_UnwrapKey makes an object of it. */
export function templateOf(
  form: MaterialForm,
  {
    extractable,
    key,
    profile,
  }: { readonly extractable: boolean; readonly key: ParsedKey; readonly profile: DeviceProfile },
): Template {
  switch (form.is) {
    case 'secret':
      return extractable ? EXPORTABLE_MATERIAL : WORKING_MATERIAL;
    case 'private': {
      const { shape } = form;
      const template = extractable ? exportablePrivateKey(shape) : workingPrivateKey(shape);
      const { unwrappedPoint: type } = profile;
      if (shape.keyType === 'RSA' || type === undefined) return template;
      return [{ type, value: pointOf(key.publicKey, shape) }, ...template];
    }
    case 'seed':
      throw new Bug('a seed is no object of a token');
  }
}

/** `04 ‖ x ‖ y` of a SubjectPublicKeyInfo. */
function pointOf(spki: Uint8Array, { fieldBytes }: EcShape): Buffer {
  const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  const { x = '', y = '' } = key.export({ format: 'jwk' });
  const coordinates = [x, y].map((each) => Buffer.from(each, 'base64url'));
  if (coordinates.some(({ length }) => length !== fieldBytes)) throw new Bug('a point has another length');
  return Buffer.concat([Uint8Array.of(UNCOMPRESSED), ...coordinates]);
}

const UNCOMPRESSED = 0x04;
