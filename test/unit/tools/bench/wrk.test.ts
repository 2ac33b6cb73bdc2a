import { describe, expect, it } from 'vitest';
import { parseWrk, requestList } from '../../../../tools/bench/wrk.ts';

describe('the result of wrk', () => {
  it('counts answers that were errors against the rate', () => {
    const stdout = [
      'Running 2s test @ http://127.0.0.1:1/',
      'RESULT {"micros":2000000,"requests":1000,"errors":100,"p50":1500,"p99":20000,"p999":30001}',
    ].join('\n');
    expect(parseWrk(stdout)).toEqual({
      seconds: 2,
      requests: 1000,
      errors: 100,
      perSecond: 450,
      p50Ms: 1.5,
      p99Ms: 20,
      p999Ms: 30.001,
    });
  });

  it('is missed when the script did not come to its end', () => {
    expect(() => parseWrk('unable to connect to 127.0.0.1:1')).toThrow(/no result.*unable to connect/s);
  });
});

describe('the requests for wrk', () => {
  it('stand behind their lengths, byte for byte', () => {
    expect(requestList(['POST /x HTTP/1.1\r\n\r\n{"a":"\\"}', 'GET'])).toBe(
      '00000029POST /x HTTP/1.1\r\n\r\n{"a":"\\"}00000003GET',
    );
  });
});
