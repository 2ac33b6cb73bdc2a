import { describe, expect, it } from 'vitest';
import { demoText, writeCurlFile } from '../../../src/cli/demo-commands.ts';
import { attestedText, keyTable, keyText } from '../../../src/cli/key-text.ts';
import { reloadProblems } from '../../../src/cli/reload-problems.ts';
import { statusText } from '../../../src/cli/status.ts';
import type { PortcullisConfig } from '../../../src/config/portcullis-config.ts';
import type { KeyDescription } from '../../../src/domain/ports/hsm.ts';
import { TlsFault } from '../../../src/edge/http/tls-fault.ts';
import { ReloadRefusal } from '../../../src/main.ts';
import { mappedKey } from '../domain/xks/samples.ts';

const odd: KeyDescription = {
  keyType: 'OTHER',
  bits: 0,
  canEncrypt: false,
  canDecrypt: false,
  canSign: false,
  canVerify: false,
  canWrap: false,
  canUnwrap: false,
  canDerive: false,
  extractable: true,
  sensitive: false,
  label: 'a\u001b[31m',
  idHex: '',
  tokenSerial: 's',
};
const usual: KeyDescription = {
  ...odd,
  keyType: 'AES',
  bits: 256,
  canEncrypt: true,
  canDecrypt: true,
  extractable: false,
  sensitive: true,
  label: 'foo',
  idHex: '0a',
  kcvHex: 'dc95c0',
};

describe('keys on a terminal', () => {
  it('stand in columns, with control characters of their labels spelt out', () => {
    expect(keyTable([usual, odd, { ...usual, label: '', canEncrypt: false }])).toBe(
      [
        'LABEL        ID  TYPE   BITS  USAGE            SCHEME      EXTRACTABLE  SENSITIVE  KCV',
        'foo          0a  AES    256   ENCRYPT DECRYPT  native-gcm  no           yes        dc95c0',
        'a\\u{1b}[31m  -   OTHER  -     none             -           yes          no         -',
        '-            0a  AES    256   DECRYPT          native-gcm  no           yes        dc95c0',
        '',
      ].join('\n'),
    );
  });

  it('have a line for each property when there is one', () => {
    expect(keyText(odd)).toContain('EXTRACTABLE  yes\n');
    expect(keyText(usual)).toContain('USAGE        ENCRYPT DECRYPT\n');
  });

  it("say what was tried, and what is only somebody's word", () => {
    expect(keyText({ ...usual, tried: true, bits: 0 })).toContain('USAGE        ENCRYPT DECRYPT (tried)\n');
    expect(attestedText(mappedKey('foo', { attestedBits: 256 }))).toBe(', 256 bits by your word (attested)');
    expect(attestedText(mappedKey('foo'))).toBe('');
  });
});

describe('why a reload was refused', () => {
  it.for([
    { error: new ReloadRefusal('tokens changed'), says: ['tokens changed'] },
    { error: new TlsFault('refused', 'no good'), says: ['refused: no good'] },
    { error: new TypeError('canary'), says: [expect.stringContaining('the log says more')] },
  ])('$error.name is told as far as it is foreseen', ({ error, says }) => {
    expect(reloadProblems(error)).toEqual(says);
  });
});

describe('the status of a process', () => {
  it('names what is not well, and a host that has no process', () => {
    const text = statusText({
      version: '1',
      generation: 2,
      config: '/c.yaml',
      ready: false,
      reasons: ['token soft has not been logged in to yet'],
      hosts: [{ token: 'soft', phase: 'locked', reason: 'wrong PIN' }],
      tokens: [{ token: 'soft', model: 'm', status: 'UNAVAILABLE', reason: 'locked' }],
      pathPrefixes: ['/a'],
    });
    expect(text.split('\n')).toEqual([
      'portcullis 1, not ready, configuration generation 2 of /c.yaml',
      '  token soft has not been logged in to yet',
      'token soft (m) UNAVAILABLE: locked',
      'host - of soft locked: wrong PIN',
      'serving /a/kms/xks/v1',
      '',
    ]);
  });
});

describe('what the demo prints', () => {
  const config = { file: '/var/portcullis.yaml', keyStores: [] } as unknown as PortcullisConfig;

  it('says so when there is no metrics listener', () => {
    const running = { addresses: { proxy: 'http://127.0.0.1:8080' } };
    const text = demoText({ directory: '/var/it is', config, curlFile: '/var/demo.curl', running });
    expect(text).toContain('metrics        off');
    expect(text).toContain('/var/portcullis.yaml');
  });

  it('needs the key store of the demo', () => {
    expect(() => writeCurlFile('/nowhere', config)).toThrow(/has no key store/);
  });
});
