import type { PKCS11 } from 'pkcs11js';
import { describe, expect, it } from 'vitest';
import {
  agreeAside,
  agreeNow,
  ecdsaSignature,
  type PrivateCall,
  signAside,
  signNow,
} from '../../../../src/hsm/pkcs11/private-key-calls.ts';

const HANDLE = Buffer.alloc(8, 1);
const CALL: PrivateCall = ecdsaSignature({ fieldBytes: 32 }, Buffer.alloc(32, 7));
const AGREEMENT = { peer: Buffer.alloc(65, 4), fieldBytes: 32 };

/** A module that says that all went well, and has set lengths and nothing else. */
function idle(value: Buffer): PKCS11 {
  const signed = (_session: Buffer, _input: Buffer, output: Buffer): Buffer => {
    value.copy(output);
    return output.subarray(0, 64);
  };
  return {
    C_SignInit: () => undefined,
    C_Sign: signed,
    C_SignAsync: async (...args: Parameters<typeof signed>) => signed(...args),
    C_DeriveKey: () => HANDLE,
    C_DeriveKeyAsync: async () => HANDLE,
    C_GetAttributeValue: () => [{ type: 0, value: Buffer.concat([value], 32) }],
    C_DestroyObject: () => undefined,
  } as unknown as PKCS11;
}

const WORK = [
  { work: 'a signature', of: async (library: PKCS11) => signNow(library, HANDLE, HANDLE, CALL) },
  { work: 'a signature on a thread', of: (library: PKCS11) => signAside(library, HANDLE, HANDLE, CALL) },
  { work: 'a shared secret', of: async (library: PKCS11) => agreeNow(library, HANDLE, HANDLE, AGREEMENT) },
  {
    work: 'a shared secret on a thread',
    of: (library: PKCS11) => agreeAside(library, HANDLE, HANDLE, AGREEMENT),
  },
];

describe('an answer of the right length', () => {
  it.for(WORK)('is no $work when the module has written nothing', async ({ of }) => {
    await expect(of(idle(Buffer.alloc(0)))).rejects.toMatchObject({
      code: 'unavailable',
      blame: 'ambiguous',
      detail: expect.stringContaining('bytes that are all the same'),
    });
  });

  it.for(WORK)('is $work when one byte of it differs', async ({ of }) => {
    expect((await of(idle(Buffer.of(0, 1)))).subarray(0, 3)).toEqual(Buffer.of(0, 1, 0));
  });
});
