import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import {
  formatPkcs11Uri,
  type Pkcs11Uri,
  Pkcs11UriFault,
  parsePkcs11Uri,
} from '../../../../src/domain/hsm/pkcs11-uri.ts';

describe('the examples of RFC 7512 §3', () => {
  test.for([
    { uri: 'pkcs11:', path: {} },
    { uri: 'pkcs11:object=my-pubkey;type=public', path: { object: 'my-pubkey', type: 'public' } },
    {
      uri: 'pkcs11:object=my-key;type=private?pin-source=file:/etc/token',
      path: { object: 'my-key', type: 'private' },
      query: [['pin-source', 'file:/etc/token']],
    },
    {
      uri: 'pkcs11:token=The%20Software%20PKCS%2311%20Softtoken;manufacturer=Snake%20Oil,%20Inc.;model=1.0;object=my-certificate;type=cert;id=%69%95%3E%5C%F4%BD%EC%91;serial=?pin-source=file:/etc/token_pin',
      path: {
        token: 'The Software PKCS#11 Softtoken',
        manufacturer: 'Snake Oil, Inc.',
        model: '1.0',
        object: 'my-certificate',
        type: 'cert',
        serial: '',
      },
      id: [0x69, 0x95, 0x3e, 0x5c, 0xf4, 0xbd, 0xec, 0x91],
      query: [['pin-source', 'file:/etc/token_pin']],
    },
    {
      uri: 'pkcs11:object=my-sign-key;type=private?module-name=mypkcs11',
      path: { object: 'my-sign-key', type: 'private' },
      query: [['module-name', 'mypkcs11']],
    },
    {
      uri: 'pkcs11:object=my-sign-key;type=private?module-path=/mnt/libmypkcs11.so.1',
      path: { object: 'my-sign-key', type: 'private' },
      query: [['module-path', '/mnt/libmypkcs11.so.1']],
    },
    {
      uri: 'pkcs11:token=Software%20PKCS%2311%20softtoken;manufacturer=Snake%20Oil,%20Inc.?pin-value=the-pin',
      path: { token: 'Software PKCS#11 softtoken', manufacturer: 'Snake Oil, Inc.' },
      query: [['pin-value', 'the-pin']],
    },
    { uri: 'pkcs11:slot-description=Sun%20Metaslot', path: { 'slot-description': 'Sun Metaslot' } },
    {
      uri: 'pkcs11:library-manufacturer=Snake%20Oil,%20Inc.;library-description=Soft%20Token%20Library;library-version=1.23',
      path: {
        'library-manufacturer': 'Snake Oil, Inc.',
        'library-description': 'Soft Token Library',
        'library-version': '1.23',
      },
    },
    {
      uri: 'pkcs11:token=My%20token%25%20created%20by%20Joe;library-version=3;id=%01%02%03%Ba%dd%Ca%fe%04%05%06',
      path: { token: 'My token% created by Joe', 'library-version': '3' },
      id: [1, 2, 3, 0xba, 0xdd, 0xca, 0xfe, 4, 5, 6],
    },
    {
      uri: 'pkcs11:token=A%20name%20with%20a%20substring%20%25%3B;object=my-certificate;type=cert',
      path: { token: 'A name with a substring %;', object: 'my-certificate', type: 'cert' },
    },
    {
      uri: 'pkcs11:token=Name%20with%20a%20small%20A%20with%20acute:%20%C3%A1;object=my-certificate;type=cert',
      path: { token: 'Name with a small A with acute: á', object: 'my-certificate', type: 'cert' },
    },
    {
      uri: 'pkcs11:token=my-token;object=my-certificate;type=cert;vendor-aaa=value-a?pin-source=file:/etc/token_pin&vendor-bbb=value-b',
      path: { token: 'my-token', object: 'my-certificate', type: 'cert', 'vendor-aaa': 'value-a' },
      query: [
        ['pin-source', 'file:/etc/token_pin'],
        ['vendor-bbb', 'value-b'],
      ],
    },
  ])('reads $uri', ({ uri, path, id, query }) => {
    const parsed = parsePkcs11Uri(uri);
    expect(Object.fromEntries(parsed.path)).toEqual(path);
    expect(parsed.id).toEqual(id === undefined ? undefined : Uint8Array.from(id));
    expect(parsed.query).toEqual(query ?? []);
  });
});

describe('what is no PKCS #11 URI', () => {
  test.for([
    { uri: 'pkcs12:object=a', code: 'scheme', detail: 'it does not start with pkcs11:' },
    { uri: 'object=a', code: 'scheme', detail: 'it does not start with pkcs11:' },
    { uri: ' pkcs11:object=a', code: 'scheme', detail: 'it does not start with pkcs11:' },
    { uri: 'pkcs11:object', code: 'attribute', detail: 'attribute 1 is not of the form name=value' },
    { uri: 'pkcs11:object=a;', code: 'attribute', detail: 'attribute 2 is not of the form name=value' },
    { uri: 'pkcs11:=a', code: 'attribute', detail: 'attribute 1 is not of the form name=value' },
    { uri: 'pkcs11:%6fbject=a', code: 'attribute', detail: 'attribute 1 is not of the form name=value' },
    { uri: 'pkcs11:object=a?x', code: 'attribute', detail: 'attribute 1 is not of the form name=value' },
    { uri: 'pkcs11:object=a;object=b', code: 'duplicate', detail: 'object appears more than once' },
    { uri: 'pkcs11:id=%01;id=%01', code: 'duplicate', detail: 'id appears more than once' },
    { uri: 'pkcs11:v=a;v=b', code: 'duplicate', detail: 'v appears more than once' },
    { uri: 'pkcs11:?pin-value=1&pin-value=2', code: 'duplicate', detail: 'pin-value appears more than once' },
    {
      uri: 'pkcs11:object=a%2',
      code: 'character',
      detail: 'object has a % that is not followed by two hex digits',
    },
    {
      uri: 'pkcs11:object=%zz',
      code: 'character',
      detail: 'object has a % that is not followed by two hex digits',
    },
    {
      uri: 'pkcs11:object=a b',
      code: 'character',
      detail: 'object has a character that must be percent-encoded',
    },
    {
      uri: 'pkcs11:object=a/b',
      code: 'character',
      detail: 'object has a character that must be percent-encoded',
    },
    {
      uri: 'pkcs11:object=a#b',
      code: 'character',
      detail: 'object has a character that must be percent-encoded',
    },
    {
      uri: 'pkcs11:object=á',
      code: 'character',
      detail: 'object has a character that must be percent-encoded',
    },
    { uri: 'pkcs11:object=%FF', code: 'value', detail: 'object is not UTF-8' },
    { uri: 'pkcs11:type=key', code: 'value', detail: 'type has a value that RFC 7512 does not know' },
    { uri: 'pkcs11:slot-id=x', code: 'value', detail: 'slot-id has a value that RFC 7512 does not know' },
    {
      uri: 'pkcs11:library-version=1.',
      code: 'value',
      detail: 'library-version has a value that RFC 7512 does not know',
    },
  ])('refuses $uri', ({ uri, code, detail }) => {
    expect(() => parsePkcs11Uri(uri)).toThrow(
      expect.objectContaining({ name: 'Pkcs11UriFault', code, detail }),
    );
  });

  it('never quotes a value, which may be a PIN', () => {
    expect(() => parsePkcs11Uri('pkcs11:?pin-value=canary%')).toThrow(Pkcs11UriFault);
    expect(() => parsePkcs11Uri('pkcs11:?pin-value=canary%')).not.toThrow(/canary/);
  });
});

describe('writing a URI', () => {
  it('percent-encodes all but unreserved characters, and the whole id', () => {
    const uri: Pkcs11Uri = {
      path: new Map([['object', 'a/b c%;é']]),
      id: Uint8Array.of(0x41, 0x0a),
      query: [['module-name', 'x&y']],
    };
    expect(formatPkcs11Uri(uri)).toBe('pkcs11:object=a%2Fb%20c%25%3B%C3%A9;id=%41%0A?module-name=x%26y');
  });

  it('reads back what was written', () => {
    const name = fc.stringMatching(/^x-[a-z0-9_-]{1,12}$/);
    const text = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((value) => value.isWellFormed());
    const path = fc.dictionary(fc.oneof(fc.constantFrom('token', 'serial', 'object', 'model'), name), text, {
      noNullPrototype: true,
    });
    const id = fc.option(fc.uint8Array({ maxLength: 255 }), { nil: undefined });
    const query = fc.array(fc.tuple(name, text), { maxLength: 4 });
    fc.assert(
      fc.property(path, id, query, (attributes, bytes, pairs) => {
        const uri = { path: new Map(Object.entries(attributes)), ...(bytes && { id: bytes }), query: pairs };
        expect(parsePkcs11Uri(formatPkcs11Uri(uri))).toEqual(uri);
      }),
    );
  });

  it('fails with a Pkcs11UriFault or succeeds, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (rest) => {
        let outcome: unknown = 'parsed';
        try {
          parsePkcs11Uri(`pkcs11:${rest}`);
        } catch (error) {
          outcome = error;
        }
        expect(outcome === 'parsed' || outcome instanceof Pkcs11UriFault).toBe(true);
      }),
    );
  });
});
