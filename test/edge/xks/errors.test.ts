import { describe, expect, it, test } from 'vitest';
import { HsmFault, type HsmFaultCode } from '../../../src/domain/hsm-fault.ts';
import { XksFault, type XksFaultName } from '../../../src/domain/xks/xks-fault.ts';
import { BodyIncomplete } from '../../../src/edge/http/exchange.ts';
import { errorAnswer, sanitiseMessage } from '../../../src/edge/xks/error-answer.ts';
import { DECRYPT, decryptBody, ENCRYPT, KEY_METADATA, metadataBody, proxyRig } from './rig.ts';

describe('the errors of the API', () => {
  test.for<{ id: string; name: XksFaultName; status: number }>([
    { id: 'X-48', name: 'ValidationException', status: 400 },
    { id: 'X-49', name: 'InvalidStateException', status: 400 },
    { id: 'X-50', name: 'InvalidCiphertextException', status: 400 },
    { id: 'X-51', name: 'InvalidKeyUsageException', status: 400 },
    { id: 'X-52', name: 'AuthenticationFailedException', status: 401 },
    { id: 'X-53', name: 'AccessDeniedException', status: 403 },
    { id: 'X-54', name: 'KeyNotFoundException', status: 404 },
    { id: 'X-55', name: 'InvalidUriPathException', status: 404 },
    { id: 'X-56', name: 'ThrottlingException', status: 429 },
    { id: 'X-57', name: 'UnsupportedOperationException', status: 501 },
    { id: 'X-58', name: 'DependencyTimeoutException', status: 503 },
    { id: 'X-59', name: 'InternalException', status: 500 },
  ])('$id: $name is HTTP $status', ({ name, status }) => {
    expect(errorAnswer(new XksFault(name, 'as told'))).toEqual({
      status,
      errorName: name,
      message: 'as told',
      headers: {},
    });
  });

  test.for<{ id: string; code: HsmFaultCode; told: string }>([
    { id: 'X-58', code: 'timeout', told: '503 DependencyTimeoutException: as told' },
    { id: 'X-56', code: 'busy', told: '429 ThrottlingException: as told' },
    { id: 'X-58', code: 'unavailable', told: '503 DependencyTimeoutException: as told' },
    { id: 'X-59', code: 'denied', told: '500 InternalException: as told' },
    { id: 'X-59', code: 'pin-locked', told: '500 InternalException: as told' },
    { id: 'X-59', code: 'full', told: '500 InternalException: as told' },
    { id: 'X-54', code: 'not-found', told: '404 KeyNotFoundException: as told' },
    { id: 'X-49', code: 'ambiguous', told: '400 InvalidStateException: as told' },
    { id: 'X-51', code: 'usage', told: '400 InvalidKeyUsageException: as told' },
    { id: 'X-57', code: 'unsupported', told: '501 UnsupportedOperationException: as told' },
    { id: 'X-59', code: 'internal', told: '500 InternalException: as told' },
  ])(
    'mistake 7: $id: the HSM fault $code becomes "$told", on all operations on keys',
    async ({ code, told }) => {
      const rig = proxyRig();
      const fault = new HsmFault(code, 'as told', { cause: new Error('CKR_VENDOR_SECRET') });
      rig.hsm.failOn({ operation: 'seal' }, fault);
      expect(await rig.told({ path: ENCRYPT })).toBe(told);
      rig.hsm.failOn({ operation: 'open' }, fault);
      expect(await rig.told({ path: DECRYPT, body: decryptBody() })).toBe(told);
      rig.hsm.failOn({ operation: 'describe' }, fault);
      expect(await rig.told({ path: KEY_METADATA, body: metadataBody() })).toBe(told);
    },
  );

  it('X-50: every corruption is told in the same words, whatever the token says', async () => {
    const rig = proxyRig();
    const told = async (detail: string) => {
      rig.hsm.failOn({ operation: 'open' }, new HsmFault('corrupt', detail));
      return rig.told({ path: DECRYPT, body: decryptBody() });
    };
    expect(await told('padding')).toBe(
      '400 InvalidCiphertextException: The ciphertext did not authenticate: it, its metadata, IV, tag or associated data was altered, or it belongs to another key.',
    );
    expect(await told('tag')).toBe(await told('padding'));
  });

  it('mistake 8: X-49: two keys under one label are refused, and say so', async () => {
    const rig = proxyRig();
    rig.hsm.addKey('soft', 'foo', { idHex: '77' });
    expect(await rig.told()).toBe('400 InvalidStateException: 2 keys match label=foo on soft');
  });

  it('X-54: a mapped key that the token does not hold is not found', async () => {
    const rig = proxyRig({ key: { key: { token: 'soft', selector: { label: 'gone' } } } });
    expect(await rig.told()).toBe('404 KeyNotFoundException: no key label=gone on soft');
  });

  test.for([{ thrown: new TypeError('internal detail') }, { thrown: 'a text' }, { thrown: undefined }])(
    'X-59: an error nobody foresaw says nothing to the client',
    async ({ thrown }) => {
      const rig = proxyRig();
      rig.hsm.failOn({ operation: 'seal' }, thrown);
      expect(await rig.told()).toBe(
        '500 InternalException: The proxy failed; its log has the cause under this kmsRequestId.',
      );
    },
  );

  it('X-48: a client that stops in the middle of its body gets the end of its connection', async () => {
    const rig = proxyRig();
    const answer = await rig.ask({ failBody: new BodyIncomplete() });
    expect([answer.status, answer.json.errorName, answer.options.close]).toEqual([
      400,
      'ValidationException',
      true,
    ]);
  });

  it('mistake 2: X-57: a body over the cap is answered before authentication, and the connection closed', async () => {
    const rig = proxyRig({ settings: { bodyBytes: 100 } });
    const answer = await rig.ask({ body: 'x'.repeat(101), unsigned: true });
    expect(answer.options.close).toBe(true);
    expect(answer.json).toEqual({
      errorName: 'UnsupportedOperationException',
      errorMessage: 'The request body has more than 100 bytes.',
    });
    expect(await rig.told({ body: 'x'.repeat(100), unsigned: true })).toContain('401 ');
  });

  it('X-01 X-47: an error is one line of JSON with name and message', async () => {
    const { body } = await proxyRig().ask({ unsigned: true });
    expect(body).toMatch(/^\{"errorName":"AuthenticationFailedException","errorMessage":"[ -~]+"\}$/);
  });
});

describe('errorMessage', () => {
  test.for([
    { what: 'printable ASCII', text: ' az~"\\', expected: ' az~"\\' },
    { what: 'control characters', text: 'a\nb\tc\x00d\x7f', expected: 'a?b?c?d?' },
    { what: 'letters beyond ASCII', text: 'Schlüssel 鍵', expected: 'Schl?ssel ?' },
    { what: 'nothing', text: '', expected: '' },
  ])('X-47: $what', ({ text, expected }) => {
    expect(sanitiseMessage(text)).toBe(expected);
  });

  it('X-47: stays under 512 characters', () => {
    expect(sanitiseMessage('x'.repeat(511))).toHaveLength(511);
    expect(sanitiseMessage('é'.repeat(600))).toBe('?'.repeat(511));
  });

  it('X-47: what a token says is sanitised on the way out', async () => {
    const rig = proxyRig();
    rig.hsm.failOn({ operation: 'seal' }, new HsmFault('denied', 'Zugriff verweigert: für\nniemanden'));
    expect(await rig.told()).toBe('500 InternalException: Zugriff verweigert: f?r?niemanden');
  });
});
