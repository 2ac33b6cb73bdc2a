import { describe, expect, it } from 'vitest';
import { checkSkew, parseAmzDate } from '../../../src/sigv4/amz-date.ts';
import { fault } from './verification.ts';

describe('X-Amz-Date', () => {
  it.for([
    { text: '20150830T123600Z', day: '20150830', epochMs: 1_440_938_160_000 },
    { text: '19700101T000000Z', day: '19700101', epochMs: 0 },
    { text: '20240229T235959Z', day: '20240229', epochMs: 1_709_251_199_000 },
  ])('X-64: $text is read to the second', ({ text, day, epochMs }) => {
    expect(parseAmzDate([text])).toEqual({ text, day, epochMs });
  });

  it.for([
    '',
    '20260301',
    '20260301T120000',
    '20260301t120000z',
    '2026-03-01T12:00:00Z',
    '20260301T120000.000Z',
    '20260301T120000+0000',
    ' 20260301T120000Z',
    '20260301T120000Z ',
    '20260301T120000Z\n',
    '20260229T120000Z',
    '20260230T120000Z',
    '20260431T120000Z',
    '20260001T120000Z',
    '20261301T120000Z',
    '20260300T120000Z',
    '20260332T120000Z',
    '20260301T240000Z',
    '20260301T126000Z',
    '20260301T120060Z',
    '00000101T000000Z',
    '２０２６0301T120000Z',
    'Sun, 01 Mar 2026 12:00:00 GMT',
  ])('X-64: "%s" is refused', (text) => {
    expect(() => parseAmzDate([text])).toThrow(fault('malformed-date'));
  });

  it('X-64: is refused when absent or repeated', () => {
    expect(() => parseAmzDate(undefined)).toThrow(fault('missing-date'));
    expect(() => parseAmzDate([])).toThrow(fault('missing-date'));
    expect(() => parseAmzDate(['20260301T120000Z', '20260301T120000Z'])).toThrow(fault('malformed-date'));
  });

  it.for([-300_000, -299_999, 0, 299_999, 300_000])(
    'X-64: %i ms off the clock is accepted at 300 000 ms',
    (skewMs) => {
      const date = parseAmzDate(['20260301T120000Z']);
      expect(() => checkSkew(date, date.epochMs - skewMs, 300_000)).not.toThrow();
    },
  );

  it.for([
    { skewMs: -300_001, code: 'skew-past' as const },
    { skewMs: -86_400_000, code: 'skew-past' as const },
    { skewMs: 300_001, code: 'skew-future' as const },
    { skewMs: 86_400_000, code: 'skew-future' as const },
  ])('X-64: $skewMs ms off the clock is refused as $code at 300 000 ms', ({ skewMs, code }) => {
    const date = parseAmzDate(['20260301T120000Z']);
    expect(() => checkSkew(date, date.epochMs - skewMs, 300_000)).toThrow(fault(code));
  });
});
