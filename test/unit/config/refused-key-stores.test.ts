/** Key stores and key entries that are refused. */
import { describe, expect, test } from 'vitest';
import { ConfigDirectory, type Refusal, STORE } from './config-directory.ts';

const KEY = ['keyStores', 0, 'keys', 'foo'];
const KEY_STORES: readonly Refusal[] = [
  ...['/example/', '//example', 'example', '/exa mple', '/ex.ample'].map((pathPrefix) => ({
    title: `X-07: the path prefix ${pathPrefix}`,
    changes: [[['keyStores', 0, 'pathPrefix'], pathPrefix] as const],
    problems: [
      `keyStores[0].pathPrefix is "${pathPrefix}"; expected '' or a path such as /example/one, of A-Z a-z 0-9 _ - and single slashes, without one at the end`,
    ],
  })),
  {
    title: 'X-07: a path of 129 characters',
    changes: [[['keyStores', 0, 'pathPrefix'], `/${'p'.repeat(117)}`]],
    problems: [
      'keyStores[0].pathPrefix gives a path of 129 characters together with /kms/xks/v1; expected at most 128; choose a shorter prefix',
    ],
  },
  {
    title: 'X-07: a path prefix with the API path in it',
    changes: [[['keyStores', 0, 'pathPrefix'], '/one/kms/xks/v1']],
    problems: [
      'keyStores[0].pathPrefix contains /kms/xks/v1; expected the part before /kms/xks/v1; leave that part out',
    ],
  },
  {
    title: 'X-08: a key whose URI cannot have 256 characters or fewer',
    changes: [
      [['keyStores', 0, 'pathPrefix'], `/${'p'.repeat(116)}`],
      [['keyStores', 0, 'keys'], { ['k'.repeat(128)]: { token: 'soft', label: 'foo' } }],
    ],
    problems: [
      `keyStores[0].keys.${'k'.repeat(128)} gives a URI of more than 256 characters with any host name; expected a shorter external key id or pathPrefix; shorten one of them`,
    ],
  },
  {
    title: 'X-20: a word for the length of a key whose token tells it',
    changes: [[[...KEY, 'attested'], { bits: 256 }]],
    problems: [
      'keyStores[0].keys.foo.attested is given for a token of softhsm2, which tells what its keys are; expected attested for devices that show all keys alike only; remove it',
    ],
  },
  {
    title: 'X-20: a word for the length of whatever key has the label',
    changes: [
      [['tokens', 0, 'device'], 'nethsm'],
      [[...KEY, 'attested'], { bits: 256 }],
    ],
    problems: [
      'keyStores[0].keys.foo.attested is given without kcv; expected attested with kcv, since it speaks of one key; add the kcv that keys show prints',
      "tokens[0].pin is a PIN of another form than that of nethsm; expected the operator's passphrase, of 10 bytes at least; put the right one into place; this one is never sent",
    ],
  },
  {
    title: 'X-11: one path prefix twice',
    changes: [[['keyStores', 1], { ...STORE, pathPrefix: '/one' }]],
    problems: [
      "keyStores[1].pathPrefix is '/one', as is keyStores[0].pathPrefix; expected a prefix of its own; change one",
    ],
  },
  {
    title: 'X-09: an external key id with a slash',
    changes: [[['keyStores', 0, 'keys'], { 'a/b': { token: 'soft', label: 'a' } }]],
    problems: [
      'keyStores[0].keys["a/b"] has a name that is not allowed; expected an external key id of 1 to 128 characters of A-Z a-z 0-9 . _ - other than . and ..; rename it',
    ],
  },
  {
    title: 'X-09: an external key id of 129 characters',
    changes: [[['keyStores', 0, 'keys'], { ['k'.repeat(129)]: { token: 'soft', label: 'a' } }]],
    problems: [
      'keyStores[0].keys has a name in it that is not allowed (not shown: it may hold a secret); expected an external key id of 1 to 128 characters of A-Z a-z 0-9 . _ - other than . and ..; rename it',
    ],
  },
  {
    title: 'X-09: external key ids that disappear from a URL',
    changes: [
      [
        ['keyStores', 0, 'keys'],
        {
          '.': { token: 'soft', label: 'a' },
          '..': { token: 'soft', label: 'b' },
          '...': { token: 'soft', label: 'c' },
        },
      ],
    ],
    problems: [
      'keyStores[0].keys["."] has a name that is not allowed; expected an external key id of 1 to 128 characters of A-Z a-z 0-9 . _ - other than . and ..; rename it',
      'keyStores[0].keys[".."] has a name that is not allowed; expected an external key id of 1 to 128 characters of A-Z a-z 0-9 . _ - other than . and ..; rename it',
    ],
  },
  {
    title: 'X-44: a key store without keys, and so without a token to be healthy',
    changes: [[['keyStores', 0, 'keys'], {}]],
    problems: [
      'keyStores[0].keys is empty; expected at least one key; map a key; the health of a key store is that of the tokens behind its keys',
    ],
  },
  {
    title: 'a Region twice',
    changes: [
      [
        ['keyStores', 0, 'regions'],
        ['eu-west-1', 'eu-west-2', 'eu-west-1'],
      ],
    ],
    problems: ['keyStores[0].regions[2] is eu-west-1 again; expected each Region once; remove it'],
  },
  {
    title: 'a credential made on no day',
    changes: [[['keyStores', 0, 'credentials', 0, 'createdAt'], '2026-13-01']],
    problems: ['keyStores[0].credentials[0].createdAt is a text; expected a day such as 2026-01-31'],
  },
  {
    title: 'no credentials',
    changes: [[['keyStores', 0, 'credentials'], []]],
    problems: ['keyStores[0].credentials is a list of 0 entries; expected a list of 1 or more entries'],
  },
  {
    title: 'X-65: an access key id of 19 characters',
    changes: [[['keyStores', 0, 'credentials', 0, 'accessKeyId'], 'A'.repeat(19)]],
    problems: [
      'keyStores[0].credentials[0].accessKeyId is a text; expected 20 to 30 characters of A-Z and 2-7',
    ],
  },
  {
    title: 'X-65: an access key id of 31 characters',
    changes: [[['keyStores', 0, 'credentials', 0, 'accessKeyId'], 'A'.repeat(31)]],
    problems: [
      'keyStores[0].credentials[0].accessKeyId is a text; expected 20 to 30 characters of A-Z and 2-7',
    ],
  },
  {
    title: 'X-65: an access key id twice behind one prefix',
    changes: [
      [
        ['keyStores', 0, 'credentials', 1],
        { accessKeyId: 'AAAAAAAAAAAAAAAAAAAA', secretAccessKey: { env: 'XKS_SECRET' } },
      ],
    ],
    problems: [
      'keyStores[0].credentials[1].accessKeyId is the access key id of credentials[0] again; expected each access key id once; remove one',
    ],
  },
  {
    title: 'X-65: one access key id with two secrets',
    changes: [
      [
        ['keyStores', 1],
        {
          ...STORE,
          credentials: [{ accessKeyId: 'AAAAAAAAAAAAAAAAAAAA', secretAccessKey: { env: 'OTHER_SECRET' } }],
        },
      ],
    ],
    problems: [
      'keyStores[1].credentials[0].accessKeyId is the access key id of keyStores[0].credentials[0], but with another secret; expected one secret for each access key id; generate a new pair',
    ],
  },
  {
    title: 'legacy metadata in spec mode',
    changes: [[['keyStores', 0, 'legacyMetadata'], 'AQID']],
    problems: [
      'keyStores[0].legacyMetadata is given with aadMode spec; expected legacyMetadata with aadMode sha256 only; remove it',
    ],
  },
  {
    title: 'X-30: legacy metadata of 21 bytes',
    changes: [
      [['keyStores', 0, 'aadMode'], 'sha256'],
      [['keyStores', 0, 'legacyMetadata'], 'A'.repeat(28)],
    ],
    problems: ['keyStores[0].legacyMetadata is 21 bytes long; expected at most 20 bytes before Base64'],
  },
  {
    title: 'legacy metadata that is not Base64',
    changes: [
      [['keyStores', 0, 'aadMode'], 'sha256'],
      [['keyStores', 0, 'legacyMetadata'], 'AQI'],
    ],
    problems: ['keyStores[0].legacyMetadata is "AQI"; expected 1 to 20 bytes in Base64'],
  },
  {
    title: 'two statements of one name',
    changes: [
      [
        ['keyStores', 0, 'policy'],
        {
          statements: [
            { sid: 'a', effect: 'allow' },
            { sid: 'a', effect: 'deny' },
          ],
        },
      ],
    ],
    problems: [
      'keyStores[0].policy.statements[1].sid is a, as in statements[0]; expected a name of its own; rename one',
    ],
  },
  {
    title: 'an account id that YAML took for a number',
    changes: [
      [['keyStores', 0, 'policy'], { statements: [{ sid: 'a', effect: 'allow', accounts: [111122223333] }] }],
    ],
    problems: [
      'keyStores[0].policy.statements[0].accounts[0] is a number; expected a pattern of 1 to 2048 printable characters, in quotes; put it in quotes',
    ],
  },
];

const KEYS: readonly Refusal[] = [
  {
    title: 'a token that nobody named',
    changes: [[[...KEY, 'token'], 'sotf']],
    problems: [
      'keyStores[0].keys.foo.token is sotf, which no entry of tokens is named; expected one of soft',
    ],
  },
  {
    title: 'X-09: nothing that selects an object',
    changes: [[KEY, { token: 'soft' }]],
    problems: [
      'keyStores[0].keys.foo has none of label, id and uri; expected what identifies the key object; add one',
    ],
  },
  {
    title: 'a URI next to a label and an id',
    changes: [[KEY, { token: 'soft', label: 'a', id: '01', uri: 'pkcs11:object=a' }]],
    problems: [
      'keyStores[0].keys.foo has both uri and label and id; expected uri alone, or label, id or both; remove one',
    ],
  },
  {
    title: 'a URI with a PIN',
    changes: [[KEY, { token: 'soft', uri: 'pkcs11:object=a?pin-value=canary' }]],
    problems: [
      'keyStores[0].keys.foo.uri has pin-value or pin-source; expected a URI without a PIN; move the PIN to tokens[].pin',
    ],
  },
  {
    title: 'a broken URI',
    changes: [[KEY, { token: 'soft', uri: 'pkcs11:object=%4' }]],
    problems: [
      'keyStores[0].keys.foo.uri is refused because object has a % that is not followed by two hex digits; expected a PKCS #11 URI (RFC 7512)',
    ],
  },
  {
    title: 'a URI with attributes that select nothing here',
    changes: [[KEY, { token: 'soft', uri: 'pkcs11:object=a;model=x?module-path=/m' }]],
    problems: [
      'keyStores[0].keys.foo.uri has model, module-path; expected only token, serial, object, type, id; remove the others: the token is chosen by tokens[].token, the module by tokens[].module',
    ],
  },
  {
    title: 'a URI of a private key on another token',
    changes: [[KEY, { token: 'soft', uri: 'pkcs11:token=other;object=a;type=private' }]],
    problems: [
      'keyStores[0].keys.foo.uri has type=private; expected type=secret-key; name an AES key',
      'keyStores[0].keys.foo.uri has token=other, but the token soft has the label portcullis; expected a URI of an object on that token; correct the URI, or name the other token',
    ],
  },
  {
    title: 'a URI with another serial number',
    changes: [
      [['tokens', 0, 'token'], { serial: '41' }],
      [KEY, { token: 'soft', uri: 'pkcs11:serial=42;object=a' }],
    ],
    problems: [
      'keyStores[0].keys.foo.uri has serial=42, but the token soft has the serial 41; expected a URI of an object on that token; correct the URI, or name the other token',
    ],
  },
  {
    title: 'a URI of a token',
    changes: [[KEY, { token: 'soft', uri: 'pkcs11:token=portcullis' }]],
    problems: [
      'keyStores[0].keys.foo.uri has neither object nor id; expected what identifies the key object',
    ],
  },
  {
    title: 'a URI with an empty object and an empty id',
    changes: [[KEY, { token: 'soft', uri: 'pkcs11:object=;id=' }]],
    problems: [
      'keyStores[0].keys.foo.uri has an object that cannot be a label; expected a label of 1 to 255 characters',
      'keyStores[0].keys.foo.uri has an id of 0 bytes; expected an id of 1 to 255 bytes',
    ],
  },
  {
    title: 'an odd number of hex digits',
    changes: [[KEY, { token: 'soft', id: '0a1' }]],
    problems: [
      'keyStores[0].keys.foo.id is "0a1"; expected an even number of hex digits for 1 to 255 bytes, in quotes if it looks like a number',
    ],
  },
  {
    title: 'a usage that does not exist',
    changes: [[[...KEY, 'usage'], ['SIGN']]],
    problems: ['keyStores[0].keys.foo.usage[0] is "SIGN"; expected one of ENCRYPT, DECRYPT'],
  },
  {
    title: 'a generation over 16 bits',
    changes: [[[...KEY, 'generation'], 65_536]],
    problems: ['keyStores[0].keys.foo.generation is 65536; expected a whole number from 0 to 65535'],
  },
  {
    title: 'X-41: a mapped health key',
    changes: [[KEY, { token: 'soft', label: 'health' }]],
    problems: [
      'keyStores[0].keys.foo selects the health key of its token (tokens[0].healthKey); expected a key that health checks do not use; create a key for health checks alone',
    ],
  },
  {
    title: 'X-41: a mapped health key under a longer selector',
    changes: [[KEY, { token: 'soft', label: 'health', id: '01' }]],
    problems: [
      'keyStores[0].keys.foo selects the health key of its token (tokens[0].healthKey); expected a key that health checks do not use; create a key for health checks alone',
    ],
  },
  {
    title: 'X-09: one object behind two external key ids',
    changes: [[['keyStores', 0, 'keys', 'twin'], { token: 'soft', uri: 'pkcs11:object=foo', shared: true }]],
    problems: [
      'keyStores[0].keys.twin selects the same object as keyStores[0].keys.foo; expected one external key id for each object; remove one, or set shared: true on both',
    ],
  },
  {
    title: 'X-09: one object under two schemes, shared or not',
    changes: [
      [[...KEY, 'shared'], true],
      [
        ['keyStores', 0, 'keys', 'twin'],
        { token: 'soft', label: 'foo', id: '01', scheme: 'cbc-mac', shared: true },
      ],
    ],
    problems: [
      'keyStores[0].keys.twin.scheme selects the same object as keyStores[0].keys.foo, which has scheme native-gcm; expected one scheme for each object; name another object',
    ],
  },
  {
    title: 'a scheme that does not exist',
    changes: [[[...KEY, 'scheme'], 'cmac-gcm']],
    problems: ['keyStores[0].keys.foo.scheme is "cmac-gcm"; expected one of native-gcm, hmac, cmac, cbc-mac'],
  },
  {
    title: 'X-11: one object behind two prefixes',
    changes: [[['keyStores', 1], { ...STORE, keys: { bar: { token: 'soft', label: 'foo' } } }]],
    problems: [
      'keyStores[1].keys.bar selects the same object as keyStores[0].keys.foo; expected one external key id for each object; remove one, or set shared: true on both',
    ],
  },
];

describe('refused key stores', () => {
  test.for(KEY_STORES)('$title', ({ changes, problems }) => {
    using directory = new ConfigDirectory();
    expect(directory.problems(...changes)).toEqual(problems);
  });
});

describe('refused keys', () => {
  test.for(KEYS)('$title', ({ changes, problems }) => {
    using directory = new ConfigDirectory();
    expect(directory.problems(...changes)).toEqual(problems);
  });
});
