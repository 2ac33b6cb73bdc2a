/**
 * Which keys CreateKey can be asked for: kms-behaviour.md §1.9, §2, §5 to §7. Requests that AWS refuses are refused as
 * AWS does; what AWS would make and this engine does not is `UnsupportedOperationException`.
 */
import { findKeyKind, type KeyKind } from '../../domain/key/key-specs.ts';
import type { OriginType } from '../../domain/kms/api/enums.ts';
import type { CreateKeyRequest } from '../../domain/kms/api/requests.ts';
import { KmsFault } from '../../domain/kms/kms-fault.ts';

export interface NewKeyKind {
  readonly kind: KeyKind;
  readonly origin: OriginType;
  readonly multiRegion: boolean;
}

/** What is to be made. Faults: `ValidationException`, `UnsupportedOperationException`. */
export function newKeyKind(request: CreateKeyRequest): NewKeyKind {
  const { origin = 'AWS_KMS', multiRegion = false } = request;
  const wanted = { kind: requestedKind(request), origin, multiRegion };
  checkKeyStore(request, wanted);
  if (origin === 'EXTERNAL' && wanted.kind.family === 'ml-dsa') {
    throw invalid(`Key material of ${wanted.kind.spec} keys cannot be imported.`);
  }
  checkOffer(wanted);
  return wanted;
}

function requestedKind({ keySpec, customerMasterKeySpec, keyUsage }: CreateKeyRequest): KeyKind {
  if (keySpec !== undefined && customerMasterKeySpec !== undefined) throw invalid(TWO_SPECS);
  const spec = keySpec ?? customerMasterKeySpec ?? 'SYMMETRIC_DEFAULT';
  if (spec === 'SM2') throw unsupported('SM2 keys, which AWS offers in China alone');
  if (keyUsage === undefined && spec !== 'SYMMETRIC_DEFAULT') throw invalid(USAGE_MISSING);
  const usage = keyUsage ?? 'ENCRYPT_DECRYPT';
  const kind = findKeyKind(spec, usage);
  if (kind === undefined) throw invalid(`KeyUsage ${usage} is not compatible with KeySpec ${spec}`);
  return kind;
}

/** Custom key stores hold symmetric keys of one Region alone, and an external one needs the name of its key. */
function checkKeyStore(request: CreateKeyRequest, { kind, origin, multiRegion }: NewKeyKind): void {
  const { customKeyStoreId, xksKeyId } = request;
  const inStore = origin === 'AWS_CLOUDHSM' || origin === 'EXTERNAL_KEY_STORE';
  if (inStore && customKeyStoreId === undefined) {
    throw invalid(`CustomKeyStoreId is required when Origin is ${origin}.`);
  }
  if (!inStore && customKeyStoreId !== undefined) {
    throw invalid(`CustomKeyStoreId is not valid when Origin is ${origin}.`);
  }
  if (origin === 'EXTERNAL_KEY_STORE' && xksKeyId === undefined) {
    throw invalid('XksKeyId is required when Origin is EXTERNAL_KEY_STORE.');
  }
  if (origin !== 'EXTERNAL_KEY_STORE' && xksKeyId !== undefined) {
    throw invalid(`XksKeyId is not valid when Origin is ${origin}.`);
  }
  if (inStore && kind.family !== 'symmetric') {
    throw invalid(`KeySpec ${kind.spec} is not valid in a custom key store.`);
  }
  if (inStore && multiRegion) throw invalid('A multi-Region key cannot be in a custom key store.');
}

function checkOffer({ origin }: NewKeyKind): void {
  if (origin === 'AWS_CLOUDHSM' || origin === 'EXTERNAL_KEY_STORE') {
    throw unsupported(`keys of origin ${origin}`);
  }
}

function invalid(text: string): KmsFault {
  return new KmsFault('ValidationException', text);
}

function unsupported(what: string): KmsFault {
  return new KmsFault('UnsupportedOperationException', `This engine does not make ${what}.`);
}

const TWO_SPECS =
  'You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is deprecated.';
const USAGE_MISSING =
  'You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.';
