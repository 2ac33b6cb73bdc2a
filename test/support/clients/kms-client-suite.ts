/** What every SDK is to see of an engine, whatever its language. The programs of test/clients do it all in one run. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startKmsForTests } from '../../../src/testing.ts';
import { type ClientProgram, runClient } from './client-program.ts';
import type { KmsClientReport } from './kms-client-report.ts';

export interface ClientUnderTest {
  readonly name: string;
  /** Makes the program ready; may take minutes when nothing of it is cached. */
  readonly prepare: () => Promise<ClientProgram>;
  /** The class that the SDK has for a code of its model; without this, one of the same name. */
  readonly classOf?: (code: string) => string;
  /** What the language, or the package that the program uses, has itself and can hold against KMS. */
  readonly own: { readonly mlKem: boolean; readonly mlDsa: boolean };
  /** The class of faults that the SDK's model does not name. */
  readonly untyped: string;
}

export function describeKmsClient({
  name,
  prepare,
  classOf = (code) => code,
  own,
  untyped,
}: ClientUnderTest): void {
  let program: ClientProgram;
  let report: KmsClientReport;
  let startedMs: number;

  beforeAll(async () => {
    program = await prepare();
    await using kms = await startKmsForTests();
    startedMs = Date.now();
    report = (await runClient(program, kms)) as KmsClientReport;
  }, PREPARATION_MS);
  beforeEach(({ skip }) => {
    if ('absent' in program) skip(program.absent);
  });
  afterAll(() => {
    if (report !== undefined) process.stdout.write(`${name}: ${report.versions.join(', ')}\n`);
  });

  describe(name, () => {
    it('makes a key, and reads its metadata', () => {
      const { keyId, createdMs, ...metadata } = report.key;

      expect(metadata).toEqual({
        account: '111122223333',
        arn: `arn:aws:kms:eu-west-1:111122223333:key/${keyId}`,
        description: 'orders, ä💙',
        enabled: true,
        manager: 'CUSTOMER',
        spec: 'SYMMETRIC_DEFAULT',
        state: 'Enabled',
        usage: 'ENCRYPT_DECRYPT',
        origin: 'AWS_KMS',
        multiRegion: false,
        algorithms: ['SYMMETRIC_DEFAULT'],
      });
      expect(createdMs).toBeGreaterThanOrEqual(startedMs - 1);
      expect(createdMs).toBeLessThanOrEqual(Date.now());
    });

    it('encrypts by alias under a context, decrypts, and encrypts again under another key', () => {
      const { keyId, movedTo } = report.encryption;

      expect(report.encryption).toEqual({
        keyId,
        aliasTarget: keyId,
        opened: 'hello ä💙',
        openedBy: `arn:aws:kms:eu-west-1:111122223333:key/${keyId}`,
        movedTo,
        reopened: 'hello ä💙',
        reopenedBy: `arn:aws:kms:eu-west-1:111122223333:key/${movedTo}`,
        random: 1024,
      });
    });

    it('makes data keys', () => {
      expect(report.dataKey).toEqual({ bytes: 32, opensToTheSame: true, hiddenBytes: 64 });
    });

    it('tags and untags a key', () => {
      expect(report.tags).toEqual({ b: '2' });
    });

    it('rotates a key, and opens what is older', () => {
      expect(report.rotation).toEqual({
        enabled: true,
        periodInDays: 90,
        nextInDays: 90,
        opened: ['old', 'new'],
        materials: 2,
        rotations: ['ON_DEMAND'],
        enabledAtLast: false,
      });
    });

    it('schedules a deletion, and takes it back', () => {
      expect(report.deletion).toEqual({ inDays: 7, states: ['PendingDeletion', 'Disabled', 'Enabled'] });
    });

    it('lists keys and aliases page by page', () => {
      const { keys, aliases } = report.pages;

      expect(keys).toEqual([2, 2, 1]);
      expect(aliases.filter((alias) => !alias.startsWith('alias/aws/'))).toEqual([
        'alias/page-0',
        'alias/page-1',
        'alias/page-2',
        'alias/page-3',
        'alias/page-4',
      ]);
    });

    it.for(SIGNATURES)(
      'signs with $algorithm, and KMS and its own cryptography agree',
      ({ algorithm, spec }) => {
        expect(report.signatures[algorithm]).toEqual({
          spec,
          offered: true,
          valid: true,
          validHere: true,
          validForAnother: false,
        });
      },
    );

    it('makes and checks a MAC', () => {
      expect(report.mac).toEqual({ bytes: 32, valid: true });
    });

    it('encrypts by itself with a public key, for KMS to decrypt', () => {
      expect(report.publicEncryption).toEqual({ opened: 'to be signed, ä💙' });
    });

    it('agrees with KMS on a secret', () => {
      expect(report.agreement).toEqual({ bytes: 32, same: true });
    });

    it('gets a secret by ML-KEM', () => {
      expect(report.encapsulation).toEqual({ bytes: 32, same: true, ...(own.mlKem && { sameHere: true }) });
    });

    it('signs with ML-DSA', () => {
      expect(report.mlDsa).toEqual({
        valid: true,
        ...(own.mlDsa && { validHere: true, validForAnother: false }),
      });
    });

    it('reads data key pairs', () => {
      expect(report.dataKeyPairs).toEqual({
        RSA_2048: { belongTogether: true, opensToTheSame: true },
        ECC_NIST_P384: { belongTogether: true, opensToTheSame: true },
      });
    });

    it.for(FAULTS)('gets $code for $fault, and does not try again', ({ fault, code, modelled, message }) => {
      expect(report.faults[fault]).toEqual({
        type: modelled ? classOf(code) : untyped,
        code,
        message: expect.stringMatching(message),
        status: 400,
        requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        requests: 1,
      });
    });

    it('meets no other faults, and makes no other signatures', () => {
      expect(Object.keys(report.signatures).toSorted()).toEqual(
        SIGNATURES.map(({ algorithm }) => algorithm).toSorted(),
      );
      expect(Object.keys(report.faults).toSorted()).toEqual(FAULTS.map(({ fault }) => fault).toSorted());
    });
  });
}

const ARN = 'arn:aws:kms:eu-west-1:111122223333:key/[0-9a-f-]{36}';

const SIGNATURES = [
  { algorithm: 'RSASSA_PSS_SHA_256', spec: 'RSA_2048' },
  { algorithm: 'RSASSA_PKCS1_V1_5_SHA_512', spec: 'RSA_2048' },
  { algorithm: 'ECDSA_SHA_256', spec: 'ECC_NIST_P256' },
  { algorithm: 'ECDSA_SHA_384', spec: 'ECC_NIST_P384' },
  { algorithm: 'ED25519_SHA_512', spec: 'ECC_NIST_EDWARDS25519' },
];

const FAULTS = [
  {
    fault: 'unknownKey',
    code: 'NotFoundException',
    modelled: true,
    message: new RegExp(`^Key '${ARN}' does not exist$`),
  },
  {
    fault: 'disabledKey',
    code: 'DisabledException',
    modelled: true,
    message: new RegExp(`^${ARN} is disabled\\.$`),
  },
  {
    fault: 'pendingKey',
    code: 'KMSInvalidStateException',
    modelled: true,
    message: new RegExp(`^${ARN} is pending deletion\\.$`),
  },
  { fault: 'wrongContext', code: 'InvalidCiphertextException', modelled: true, message: /^$/ },
  {
    fault: 'wrongKey',
    code: 'IncorrectKeyException',
    modelled: true,
    message: /^The key ID in the request does not identify a CMK that can perform this operation\.$/,
  },
  {
    fault: 'takenAlias',
    code: 'AlreadyExistsException',
    modelled: true,
    message: /^An alias with the name arn:aws:kms:eu-west-1:111122223333:alias\/taken already exists$/,
  },
  {
    fault: 'dryRun',
    code: 'DryRunOperationException',
    modelled: true,
    message: /^The request would have succeeded, but the DryRun option is set\.$/,
  },
  { fault: 'wrongMarker', code: 'InvalidMarkerException', modelled: true, message: /^/ },
  {
    fault: 'tooMany',
    code: 'ValidationException',
    modelled: false,
    message: /^1 validation error detected: Value '1025' at 'numberOfBytes' failed to satisfy constraint: /,
  },
  { fault: 'wrongSignature', code: 'KMSInvalidSignatureException', modelled: true, message: /^$/ },
  { fault: 'wrongMac', code: 'KMSInvalidMacException', modelled: true, message: /^$/ },
  {
    fault: 'wrongUsage',
    code: 'InvalidKeyUsageException',
    modelled: true,
    message: new RegExp(`^${ARN} key usage is SIGN_VERIFY which is not valid for Encrypt\\.$`),
  },
  {
    fault: 'wrongSecret',
    code: 'InvalidSignatureException',
    modelled: false,
    message: /^The request signature we calculated does not match the signature you provided\./,
  },
];

/** The SDK for Go alone takes a minute of two processors to compile. */
const PREPARATION_MS = 400_000;
