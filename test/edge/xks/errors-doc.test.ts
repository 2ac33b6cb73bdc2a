import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ConfigFaultCode } from '../../../src/config/config-fault.ts';
import type { Pkcs11UriFaultCode } from '../../../src/domain/hsm/pkcs11-uri.ts';
import { XKS_FAULT_NAMES } from '../../../src/domain/xks/xks-fault.ts';
import type { ControlFaultCode } from '../../../src/edge/control/control-client.ts';
import type { ListenFaultCode } from '../../../src/edge/http/listen-fault.ts';
import type { TlsFaultCode } from '../../../src/edge/http/tls-fault.ts';
import { HTTP_STATUS, XKS_FAULT_OF_HSM } from '../../../src/edge/xks/error-table.ts';
import type { SigV4FaultCode } from '../../../src/sigv4/sigv4-fault.ts';

/** Cells of the table under a heading, without the header row and the code marks. */
function table(heading: string): string[][] {
  const text = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
  const section = text.split(/^##+ /m).find((part) => part.startsWith(heading)) ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .slice(1, -1)
        .split(' | ')
        .map((cell) => cell.replaceAll('`', '').trim()),
    );
}

describe('docs/errors.md', () => {
  it('X-48 X-59: documents every errorName with its HTTP code, and no other', () => {
    const documented = table('XKS proxy API');
    expect(documented.map(([name, status]) => [name, Number(status)]).sort()).toEqual(
      Object.entries(HTTP_STATUS).sort(),
    );
    expect(documented.map(([name]) => name)).toEqual([...XKS_FAULT_NAMES]);
    expect(documented.filter(([, , when, remedy]) => !when || !remedy)).toEqual([]);
  });

  it('X-58 X-59: documents every HSM fault with what it becomes, and no other', () => {
    const documented = table('Faults of a token');
    expect(documented.map(([code, name]) => [code, name])).toEqual(Object.entries(XKS_FAULT_OF_HSM));
    expect(documented.filter(([, , meaning, remedy]) => !meaning || !remedy)).toEqual([]);
  });

  it('X-52: documents every reason of a failed signature, and no other', () => {
    const codes = {
      'missing-authorization': true,
      'malformed-authorization': true,
      'missing-date': true,
      'malformed-date': true,
      'skew-past': true,
      'skew-future': true,
      'scope-mismatch': true,
      'missing-signed-header': true,
      'malformed-header': true,
      'malformed-uri': true,
      'payload-mismatch': true,
      'unknown-access-key': true,
      'bad-signature': true,
    } satisfies Record<SigV4FaultCode, true>;
    expect(table('Reasons of a failed signature').map(([code]) => code)).toEqual(Object.keys(codes));
  });

  it.for([
    {
      heading: 'Configuration\n',
      codes: { unreadable: true, syntax: true, invalid: true } satisfies Record<ConfigFaultCode, true>,
    },
    {
      heading: 'PKCS #11 URIs\n',
      codes: {
        scheme: true,
        attribute: true,
        duplicate: true,
        character: true,
        value: true,
      } satisfies Record<Pkcs11UriFaultCode, true>,
    },
    {
      heading: 'Listeners\n',
      codes: {
        'in-use': true,
        address: true,
        denied: true,
        path: true,
        failed: true,
      } satisfies Record<ListenFaultCode, true>,
    },
    {
      heading: 'TLS material\n',
      codes: {
        certificate: true,
        key: true,
        'key-mismatch': true,
        'client-ca': true,
        'client-ca-switch': true,
        refused: true,
      } satisfies Record<TlsFaultCode, true>,
    },
    {
      heading: 'Control socket\n',
      codes: {
        'not-running': true,
        denied: true,
        'no-answer': true,
        unexpected: true,
      } satisfies Record<ControlFaultCode, true>,
    },
  ])('documents every code of $heading with its remedy, and no other', ({ heading, codes }) => {
    const documented = table(heading);
    expect(documented.map(([code]) => code)).toEqual(Object.keys(codes));
    expect(documented.filter(([, meaning, remedy]) => !meaning || !remedy)).toEqual([]);
  });
});
