import { expect, it } from 'vitest';
import { surveyKeys } from '../../../../src/engine/xks/key-survey.ts';
import { FakeHsm } from '../../../support/fake-hsm.ts';
import { keyStore, mappedKey } from '../../domain/xks/samples.ts';

const on = (label: string) => ({ key: { token: 'soft', selector: { label } } });

it('X-09 X-23 X-49: the survey says of every mapped key whether it serves, and why not', async () => {
  const hsm = new FakeHsm();
  hsm.addKey('soft', 'good');
  hsm.addKey('soft', 'short', { bits: 128 });
  hsm.addKey('soft', 'one-way', { canDecrypt: false });
  hsm.addKey('soft', 'twice');
  const stores = [
    keyStore([mappedKey('good'), mappedKey('short'), mappedKey('one-way'), mappedKey('a', on('twice'))]),
    keyStore([mappedKey('gone'), mappedKey('b', on('twice'))], { pathPrefix: '/two', tenant: 2 }),
  ];
  const findings = await surveyKeys(stores, hsm, 5000);
  expect(
    findings.map(({ pathPrefix, mapped, usages, refusal }) => [
      pathPrefix,
      mapped.externalKeyId,
      usages,
      refusal,
    ]),
  ).toEqual([
    ['/one', 'good', ['ENCRYPT', 'DECRYPT'], undefined],
    ['/one', 'short', [], 'it has 128 bits, and AES_256 needs 256'],
    ['/one', 'one-way', ['ENCRYPT'], undefined],
    ['/one', 'a', [], 'its object also stands behind a key of another path prefix, and shared is not set'],
    ['/two', 'gone', [], 'the token answered not-found: no key label=gone on soft'],
    ['/two', 'b', [], 'its object also stands behind a key of another path prefix, and shared is not set'],
  ]);
  expect(hsm.calls.map(({ context }) => context)).toEqual([
    ...Array(4).fill({ tenant: 1, deadlineMs: 5000 }),
    ...Array(2).fill({ tenant: 2, deadlineMs: 5000 }),
  ]);
});

it('X-49: a directory that fails in an unknown way is a finding too', async () => {
  const hsm = new FakeHsm();
  hsm.failOn({}, new TypeError('broken'));
  const [finding] = await surveyKeys([keyStore([mappedKey('foo')])], hsm, 5000);
  expect(finding?.refusal).toBe('looking at it failed');
});
