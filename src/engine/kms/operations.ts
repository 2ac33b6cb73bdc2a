/** Every operation of the API, those that this engine does not have included. */
import type { KmsOperationName } from '../../domain/kms/api/operations.ts';
import { notYet } from './not-yet.ts';
import type { Operation } from './operation.ts';
import { createKey } from './operations/create-key.ts';
import { decrypt } from './operations/decrypt.ts';
import { describeKey } from './operations/describe-key.ts';
import { disableKeyRotation } from './operations/disable-key-rotation.ts';
import { enableKeyRotation } from './operations/enable-key-rotation.ts';
import { encrypt } from './operations/encrypt.ts';
import { generateDataKey } from './operations/generate-data-key.ts';
import { generateDataKeyWithoutPlaintext } from './operations/generate-data-key-without-plaintext.ts';
import { generateRandom } from './operations/generate-random.ts';
import { getKeyRotationStatus } from './operations/get-key-rotation-status.ts';
import { reEncrypt } from './operations/re-encrypt.ts';
import { rotateKeyOnDemand } from './operations/rotate-key-on-demand.ts';

export const OPERATIONS: { readonly [N in KmsOperationName]: Operation<N> } = {
  CancelKeyDeletion: notYet('CancelKeyDeletion'),
  ConnectCustomKeyStore: notYet('ConnectCustomKeyStore'),
  CreateAlias: notYet('CreateAlias'),
  CreateCustomKeyStore: notYet('CreateCustomKeyStore'),
  CreateGrant: notYet('CreateGrant'),
  CreateKey: createKey,
  Decapsulate: notYet('Decapsulate'),
  Decrypt: decrypt,
  DeleteAlias: notYet('DeleteAlias'),
  DeleteCustomKeyStore: notYet('DeleteCustomKeyStore'),
  DeleteImportedKeyMaterial: notYet('DeleteImportedKeyMaterial'),
  DeriveSharedSecret: notYet('DeriveSharedSecret'),
  DescribeCustomKeyStores: notYet('DescribeCustomKeyStores'),
  DescribeKey: describeKey,
  DisableKey: notYet('DisableKey'),
  DisableKeyRotation: disableKeyRotation,
  DisconnectCustomKeyStore: notYet('DisconnectCustomKeyStore'),
  EnableKey: notYet('EnableKey'),
  EnableKeyRotation: enableKeyRotation,
  Encapsulate: notYet('Encapsulate'),
  Encrypt: encrypt,
  GenerateDataKey: generateDataKey,
  GenerateDataKeyPair: notYet('GenerateDataKeyPair'),
  GenerateDataKeyPairWithoutPlaintext: notYet('GenerateDataKeyPairWithoutPlaintext'),
  GenerateDataKeyWithoutPlaintext: generateDataKeyWithoutPlaintext,
  GenerateMac: notYet('GenerateMac'),
  GenerateRandom: generateRandom,
  GetKeyLastUsage: notYet('GetKeyLastUsage'),
  GetKeyPolicy: notYet('GetKeyPolicy'),
  GetKeyRotationStatus: getKeyRotationStatus,
  GetParametersForImport: notYet('GetParametersForImport'),
  GetPublicKey: notYet('GetPublicKey'),
  ImportKeyMaterial: notYet('ImportKeyMaterial'),
  ListAliases: notYet('ListAliases'),
  ListGrants: notYet('ListGrants'),
  ListKeyPolicies: notYet('ListKeyPolicies'),
  ListKeyRotations: notYet('ListKeyRotations'),
  ListKeys: notYet('ListKeys'),
  ListResourceTags: notYet('ListResourceTags'),
  ListRetirableGrants: notYet('ListRetirableGrants'),
  PutKeyPolicy: notYet('PutKeyPolicy'),
  ReEncrypt: reEncrypt,
  ReplicateKey: notYet('ReplicateKey'),
  RetireGrant: notYet('RetireGrant'),
  RevokeGrant: notYet('RevokeGrant'),
  RotateKeyOnDemand: rotateKeyOnDemand,
  ScheduleKeyDeletion: notYet('ScheduleKeyDeletion'),
  Sign: notYet('Sign'),
  TagResource: notYet('TagResource'),
  UntagResource: notYet('UntagResource'),
  UpdateAlias: notYet('UpdateAlias'),
  UpdateCustomKeyStore: notYet('UpdateCustomKeyStore'),
  UpdateKeyDescription: notYet('UpdateKeyDescription'),
  UpdatePrimaryRegion: notYet('UpdatePrimaryRegion'),
  Verify: notYet('Verify'),
  VerifyMac: notYet('VerifyMac'),
};
