/** What the listener would say of the TLS files, asked of the same code that the start runs. */
import { readFileSync } from 'node:fs';
import type { Duty } from '../config/duty.ts';
import type { TlsFiles } from '../config/portcullis-config.ts';
import { Secret } from '../domain/secret.ts';
import { TlsFault } from '../edge/http/tls-fault.ts';
import { secureContextOptions } from '../edge/http/tls-material.ts';

/** A problem when the listener could not start; nothing otherwise. @req X-60 X-61 */
export function listenerDuties(files: TlsFiles): Duty[] {
  try {
    secureContextOptions({
      cert: readFileSync(files.certFile, 'utf8'),
      key: new Secret(readFileSync(files.keyFile, 'utf8')),
      ...(files.clientCaFile === undefined ? {} : { clientCa: readFileSync(files.clientCaFile, 'utf8') }),
      ...(files.clientSubjects === undefined ? {} : { clientSubjects: files.clientSubjects }),
    });
    return [];
  } catch (error) {
    if (!(error instanceof TlsFault)) throw error;
    const { certFile, keyFile, clientCaFile } = files;
    const piece = error.code === 'client-ca' ? clientCaFile : error.code === 'key' ? keyFile : certFile;
    return [{ requirement: 'X-60', severity: 'problem', text: `${piece}: ${error.detail}` }];
  }
}
