/** The demo's configuration file: the shape that an operator would write, with generated credentials. */
import { join } from 'node:path';
import type { Entropy } from '../domain/ports/entropy.ts';

export const DEMO_PREFIX = '/demo';
export const DEMO_REGION = 'us-east-1';
export const DEMO_TOKEN_LABEL = 'portcullis-demo';
/** The engine is open to everybody on this machine, so it has a token of its own. */
export const DEMO_KMS_TOKEN_LABEL = 'portcullis-demo-kms';

/** Keys of the demo token: two to map, one for the health check alone. */
export const DEMO_KEYS: readonly { readonly label: string; readonly idHex: string }[] = [
  { label: 'foo', idHex: '01' },
  { label: 'bar', idHex: '02' },
  { label: 'health', idHex: 'ff' },
];

/** YAML with secrets in it, to be written with mode 0600 into `directory`. */
export function demoConfig(directory: string, module: string, entropy: Entropy): string {
  const socket = Buffer.byteLength(join(directory, 'control.sock')) <= MAX_SOCKET_PATH_BYTES;
  return `# Made by \`npm start\` for this machine. It holds secrets: keep its mode 0600.
proxy: { host: 127.0.0.1, port: 8080 }
metrics: { host: 127.0.0.1, port: 9090 }
${socket ? 'control: { socket: control.sock }' : '# The path of this folder is too long for a control socket.'}
stateDir: state
tokens:
  - name: demo
    device: softhsm2
    module: ${module}
    env: { SOFTHSM2_CONF: token/softhsm2.conf }
    token: { label: ${DEMO_TOKEN_LABEL} }
    pin: { file: token/pin }
    healthKey: health
  - name: kms
    device: softhsm2
    module: ${module}
    env: { SOFTHSM2_CONF: token/softhsm2.conf }
    token: { label: ${DEMO_KMS_TOKEN_LABEL} }
    pin: { file: token/kms-pin }
    healthKey: health
keyStores:
  - pathPrefix: ${DEMO_PREFIX}
    regions: [${DEMO_REGION}]
    credentials:
      - accessKeyId: ${randomAccessKeyId(entropy)}
        secretAccessKey: ${randomSecretAccessKey(entropy)}
    keys:
      foo: { token: demo, label: foo }
      bar: { token: demo, label: bar }
kms:
  host: 127.0.0.1
  port: 4599
  token: kms
  store: { sqlite: kms/records.db }
  # Whoever reaches the port may do everything, under any access key.
  access: { mode: open }
  dangerAllowClockControl: true
`;
}

/** 24 characters of A-Z and 2-7: 120 random bits, which say nothing of the secret. @req X-65 */
export function randomAccessKeyId(entropy: Entropy): string {
  let id = '';
  for (const byte of entropy.randomBytes(24)) id += BASE32[byte & 31];
  return id;
}

/** 64 characters from 48 random bytes. @req X-65 */
export function randomSecretAccessKey(entropy: Entropy): string {
  return Buffer.from(entropy.randomBytes(48)).toString('base64');
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
/** What a Unix socket address can hold, with the NUL at its end. */
const MAX_SOCKET_PATH_BYTES = 107;
