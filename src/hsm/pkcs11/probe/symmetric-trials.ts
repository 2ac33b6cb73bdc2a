/** AES-CBC, AES-CMAC and HMAC with the known answers of their standards: what derived encryption rests on. */
import pkcs11js from 'pkcs11js';
import type { Trial } from '../../devices/features.ts';
import { MECHANISMS, type MechanismName } from './mechanisms.ts';
import { encryptOnce, signOnce } from './one-call.ts';
import { type ProbePlace, tryMechanism } from './trial.ts';

/** CBC-AES256 encryption of SP 800-38A, F.2.5. Throws trouble of the moment. */
export function tryCbc(place: ProbePlace): Trial {
  return tryMechanism(place, 'CKM_AES_CBC', (keys) => {
    const key = keys.secret(pkcs11js.CKK_AES, AES_KEY, [{ type: pkcs11js.CKA_ENCRYPT, value: true }]);
    const mechanism = { mechanism: MECHANISMS.CKM_AES_CBC, parameter: CBC_IV };
    const answer = encryptOnce(place, {
      mechanism,
      key,
      input: AES_MESSAGE,
      outputBytes: AES_MESSAGE.length,
    });
    return answer.equals(CBC_CIPHERTEXT) ? '' : 'it encrypts to something else than the known answer';
  });
}

/** CMAC-AES256 of SP 800-38B, D.3, example 11. Throws trouble of the moment. */
export function tryCmac(place: ProbePlace): Trial {
  return tryMechanism(place, 'CKM_AES_CMAC', (keys) => {
    const key = keys.secret(pkcs11js.CKK_AES, AES_KEY, [{ type: pkcs11js.CKA_SIGN, value: true }]);
    const input = AES_MESSAGE.subarray(0, 40);
    const mechanism = { mechanism: MECHANISMS.CKM_AES_CMAC };
    const answer = signOnce(place, { mechanism, key, input, outputBytes: CMAC.length });
    return answer.equals(CMAC) ? '' : WRONG_MAC;
  });
}

/** Test case 6 of RFC 4231, whose key is longer than tokens ask for at least. Throws trouble of the moment. */
export function tryHmac(place: ProbePlace, mechanism: keyof typeof HMACS): Trial {
  return tryMechanism(place, mechanism, (keys) => {
    const key = keys.secret(pkcs11js.CKK_GENERIC_SECRET, HMAC_KEY, [
      { type: pkcs11js.CKA_SIGN, value: true },
    ]);
    const known = HMACS[mechanism];
    const answer = signOnce(place, {
      mechanism: { mechanism: MECHANISMS[mechanism] },
      key,
      input: HMAC_MESSAGE,
      outputBytes: known.length,
    });
    return answer.equals(known) ? '' : WRONG_MAC;
  });
}

const WRONG_MAC = 'it signs to something else than the known answer';

const AES_KEY = Buffer.from('603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4', 'hex');
const AES_MESSAGE = Buffer.from(
  '6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710',
  'hex',
);
const CBC_IV = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');
const CBC_CIPHERTEXT = Buffer.from(
  'f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b',
  'hex',
);
const CMAC = Buffer.from('aaf3d8f1de5640c232f5b169b9c911e6', 'hex');

const HMAC_KEY = Buffer.alloc(131, 0xaa);
const HMAC_MESSAGE = Buffer.from('Test Using Larger Than Block-Size Key - Hash Key First');
const HMACS = {
  CKM_SHA224_HMAC: Buffer.from('95e9a0db962095adaebe9b2d6f0dbce2d499f112f2d2b7273fa6870e', 'hex'),
  CKM_SHA256_HMAC: Buffer.from('60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54', 'hex'),
  CKM_SHA384_HMAC: Buffer.from(
    '4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952',
    'hex',
  ),
  CKM_SHA512_HMAC: Buffer.from(
    '80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598',
    'hex',
  ),
} as const satisfies Partial<Record<MechanismName, Buffer>>;
