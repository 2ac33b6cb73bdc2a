import { Writable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { HsmFault } from '../../../src/domain/hsm-fault.ts';
import { Secret } from '../../../src/domain/secret.ts';
import { createLog, type LogLevel } from '../../../src/log/log.ts';

const AT_MS = Date.UTC(2026, 0, 2, 3, 4, 5, 6);

describe('a log line', () => {
  it('is one JSON object with time, level and event first', () => {
    const text = logged((log) => log.info('request', { operation: 'Encrypt', milliseconds: 12.5, ok: true }));
    expect(text).toBe(
      '{"time":"2026-01-02T03:04:05.006Z","level":"info","event":"request","operation":"Encrypt","milliseconds":12.5,"ok":true}\n',
    );
  });

  it('cannot be given another time, level or event', () => {
    const text = logged((log) =>
      log.warn('real', { event: 'forged', level: 'info', time: 'never', message: 'kept' }),
    );
    expect(JSON.parse(text)).toEqual({
      ...{ time: '2026-01-02T03:04:05.006Z', level: 'warn', event: 'real', message: 'kept' },
    });
  });

  it.for<{ level: LogLevel; events: string[] }>([
    { level: 'debug', events: ['d', 'i', 'w', 'e'] },
    { level: 'info', events: ['i', 'w', 'e'] },
    { level: 'warn', events: ['w', 'e'] },
    { level: 'error', events: ['e'] },
  ])('is written from level $level on', ({ level, events }) => {
    const text = logged((log) => {
      log.debug('d');
      log.info('i');
      log.warn('w');
      log.error('e');
    }, level);
    const lines = text.trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { event: string }).event)).toEqual(events);
  });

  it.for([
    { what: 'a line feed', value: 'a\nb\r\nc' },
    { what: 'Unicode line separators', value: 'a\u2028b\u2029c\u0085d' },
    { what: 'terminal escapes', value: '\u001b[2J\u009b31m\u007f' },
  ])('stays one printable line with $what in a field', ({ value }) => {
    const text = logged((log) => log.info('x', { value, [value]: 1 }));
    expect(text.slice(0, -1)).toMatch(/^[\u0020-\u007e]+$/);
    expect(JSON.parse(text)).toMatchObject({ value, [value]: 1 });
  });

  it('survives a stream that breaks', () => {
    const stream = new Writable({ write: (_chunk, _encoding, done) => done(new Error('gone')) });
    const log = createLog({ level: 'info', stream });
    log.info('first');
    expect(() => log.info('second')).not.toThrow();
  });
});

describe('lines of one turn', () => {
  it('leave in one write at its end', async () => {
    const { log, writes } = recorded();
    log.info('a');
    log.debug('b');
    expect(writes).toEqual([]);
    await turn();
    expect(writes.map(eventsOf)).toEqual([['a', 'b']]);
    log.info('c');
    await turn();
    expect(writes.map(eventsOf)).toEqual([['a', 'b'], ['c']]);
  });

  it.for<LogLevel>(['warn', 'error'])('leave at once, in order, with a line of level %s', async (level) => {
    const { log, writes } = recorded();
    log.info('a');
    log[level]('b');
    expect(writes.map(eventsOf)).toEqual([['a', 'b']]);
    log.info('c');
    await turn();
    expect(writes.map(eventsOf)).toEqual([['a', 'b'], ['c']]);
  });

  it('leave when the process ends before the turn does', () => {
    const { log, writes } = recorded();
    const before = process.listenerCount('exit');
    log.info('a');
    const [end] = process.listeners('exit').slice(before);
    end?.(0);
    expect(writes.map(eventsOf)).toEqual([['a']]);
    expect(process.listenerCount('exit')).toBe(before);
  });

  it('leave in between when they are many', () => {
    const { log, writes } = recorded();
    for (let index = 0; index < 100; index += 1) log.info('a', { text: 'x'.repeat(1_000) });
    expect(writes.length).toBe(1);
    expect(eventsOf(writes[0] ?? '').length).toBeGreaterThan(50);
  });

  function recorded() {
    const writes: string[] = [];
    const stream = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        writes.push(chunk.toString('utf8'));
        done();
      },
    });
    return { log: createLog({ level: 'debug', stream }), writes };
  }

  function eventsOf(text: string): string[] {
    expect(text.endsWith('\n')).toBe(true);
    return text
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { event: string }).event);
  }
});

describe('errors', () => {
  it('are flattened with their causes', () => {
    const cause = Object.assign(new Error('no such token'), { code: 'CKR_TOKEN_NOT_PRESENT' });
    const error = new HsmFault('unavailable', 'token soft is gone', { cause });
    expect(fieldsOf((log) => log.error('x', { error }))['error']).toEqual({
      name: 'HsmFault',
      message: 'unavailable: token soft is gone',
      code: 'unavailable',
      causes: [{ name: 'Error', message: 'no such token', code: 'CKR_TOKEN_NOT_PRESENT' }],
    });
  });

  it('without a code say where they were thrown, and nothing of their message twice', () => {
    const error = new TypeError('first\n    at second (line)');
    expect(fieldsOf((log) => log.error('x', { error }))['error']).toEqual({
      name: 'TypeError',
      message: 'first\n    at second (line)',
      at: expect.arrayContaining([expect.stringMatching(/^at .*log\.test\.ts/)]),
    });
  });

  it('with a cause that is none, or that is their own, end the chain', () => {
    const circular = Object.assign(new Error('a'), { code: 'A' });
    circular.cause = circular;
    const text = Object.assign(new Error('b', { cause: 'words' }), { code: 7 });
    const object = Object.assign(new Error('c', { cause: { pin: '1234' } }), { code: 'C' });
    expect(fieldsOf((log) => log.error('x', { circular, text, object }))).toMatchObject({
      circular: { name: 'Error', message: 'a', code: 'A' },
      text: { name: 'Error', message: 'b', code: 7, causes: [{ name: 'string', message: 'words' }] },
      object: { name: 'Error', message: 'c', code: 'C', causes: [{ name: 'object', message: '' }] },
    });
  });

  it('have a bounded chain', () => {
    let error = Object.assign(new Error('0'), { code: 0 });
    for (let index = 1; index < 50; index += 1) {
      error = Object.assign(new Error(String(index), { cause: error }), { code: index });
    }
    expect(fieldsOf((log) => log.error('x', { error }))['error']).toMatchObject({ causes: { length: 5 } });
  });
});

describe('values', () => {
  it.for<{ what: string; value: unknown; printed: unknown }>([
    { what: 'a number that JSON has not', value: Number.NaN, printed: 'NaN' },
    { what: 'a big integer', value: 2n ** 70n, printed: '1180591620717411303424' },
    { what: 'a date', value: new Date(0), printed: '1970-01-01T00:00:00.000Z' },
    { what: 'an invalid date', value: new Date(Number.NaN), printed: '[no date]' },
    { what: 'null', value: null, printed: null },
    { what: 'a function', value: () => 1, printed: '[function]' },
    { what: 'a symbol', value: Symbol('x'), printed: '[symbol]' },
    { what: 'a map', value: new Map([['a', 1]]), printed: '[Map]' },
    { what: 'an object of a class without a name', value: new (class {})(), printed: '[object]' },
    {
      what: 'an object without a prototype',
      value: Object.assign(Object.create(null), { a: 1 }),
      printed: { a: 1 },
    },
    {
      what: 'an object that prints itself',
      value: new URL('https://a.example/'),
      printed: 'https://a.example/',
    },
    { what: 'bytes', value: new Uint8Array(3), printed: '[3 bytes]' },
    { what: 'a buffer', value: Buffer.from('abcd'), printed: '[4 bytes]' },
    { what: 'an array buffer', value: new ArrayBuffer(5), printed: '[5 bytes]' },
    { what: 'a shared array buffer', value: new SharedArrayBuffer(6), printed: '[6 bytes]' },
    { what: 'a view', value: new DataView(new ArrayBuffer(7)), printed: '[7 bytes]' },
    { what: 'a secret', value: new Secret('1234'), printed: '[secret]' },
    { what: 'a long text', value: 'x'.repeat(2050), printed: `${'x'.repeat(2048)}… [2 more]` },
    { what: 'a long list', value: Array(70).fill(1), printed: [...Array(64).fill(1), '[6 more]'] },
  ])('$what is printed in a safe form', ({ value, printed }) => {
    expect(fieldsOf((log) => log.info('x', { value }))['value']).toEqual(printed);
  });

  it('with too many fields or levels are cut', () => {
    const wide = Object.fromEntries(Array.from({ length: 66 }, (_, index) => [`f${index}`, index]));
    const deep: Record<string, unknown> = {};
    deep['self'] = deep;
    const fields = fieldsOf((log) => log.info('x', { wide, deep }));
    expect(fields['wide']).toMatchObject({ f63: 63, '…': '[2 more]' });
    expect(fields['wide']).not.toHaveProperty('f64');
    expect(JSON.stringify(fields['deep'])).toBe('{"self":{"self":{"self":{"self":{"self":"[deeper]"}}}}}');
  });

  it('keep a field that is named like the prototype', () => {
    expect(logged((log) => log.info('x', { nested: JSON.parse('{"__proto__":{"a":1}}') }))).toContain(
      '"nested":{"__proto__":{"a":1}}',
    );
  });

  it('named like secrets are not printed at all', () => {
    const fields = fieldsOf((log) =>
      log.info('x', {
        PIN: '1',
        soPin: '2',
        nested: { secretAccessKey: '3', Authorization: '4' },
        plaintext: '5',
        pin: undefined,
      }),
    );
    expect(fields).toMatchObject({
      PIN: '[redacted]',
      soPin: '[redacted]',
      nested: { secretAccessKey: '[redacted]', Authorization: '[redacted]' },
      plaintext: '[redacted]',
    });
    expect(fields).not.toHaveProperty('pin');
  });
});

describe('secrets and plaintext in the log', () => {
  const CANARY = 'canary-7f3a9c51d2e84b60';
  const bytes = Buffer.from(CANARY);

  it('X-69: the search finds a planted leak in every encoding', () => {
    const leaks = [
      CANARY,
      bytes.toString('base64'),
      bytes.toString('base64url'),
      bytes.toString('hex'),
      [...bytes].join(','),
    ];
    expect(leaks.map((leak) => findings(logged((log) => log.info('x', { leak }))))).toEqual([
      ...[['text'], ['base64'], ['base64url'], ['hex'], ['decimal']],
    ]);
  });

  it('X-69: the search finds nothing of bytes, secrets, and what holds them', () => {
    const text = logged((log) => {
      log.info('x', { bytes, copy: new Uint8Array(bytes), buffer: new Uint8Array(bytes).buffer });
      log.info('x', { secret: new Secret(CANARY), list: [new Secret(CANARY), bytes, { bytes }] });
      log.info('x', { pin: CANARY, nested: { plaintext: bytes.toString('base64') } });
      log.info('x', { map: new Map([[CANARY, CANARY]]), held: new Holder(CANARY) });
      log.error('x', { error: Object.assign(new Error('denied', { cause: bytes }), { request: CANARY }) });
      log.error('x', { error: new Error('denied', { cause: new Secret(CANARY) }) });
    });
    expect(text.split('\n')).toHaveLength(7);
    expect(findings(text)).toEqual([]);
  });

  function findings(text: string): string[] {
    const forms = {
      text: CANARY,
      base64: bytes.toString('base64'),
      base64url: bytes.toString('base64url'),
      hex: bytes.toString('hex'),
      decimal: [...bytes].join(','),
    };
    const found = Object.entries(forms).filter(([, form]) => text.includes(form));
    return found.map(([name]) => name).filter((name) => name !== 'base64url' || !text.includes(forms.base64));
  }
});

class Holder {
  readonly held: string;

  constructor(held: string) {
    this.held = held;
  }
}

function logged(act: (log: ReturnType<typeof createLog>) => void, level: LogLevel = 'debug'): string {
  const chunks: string[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      chunks.push(chunk.toString('utf8'));
      done();
    },
  });
  vi.useFakeTimers({ toFake: ['setImmediate'] });
  act(createLog({ level, stream, nowMs: () => AT_MS }));
  vi.runAllTimers();
  vi.useRealTimers();
  return chunks.join('');
}

function fieldsOf(act: (log: ReturnType<typeof createLog>) => void): Record<string, unknown> {
  return JSON.parse(logged(act)) as Record<string, unknown>;
}
