/** What the demo prints: addresses, and commands that work when pasted into a shell, from any folder. */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PortcullisConfig } from '../config/portcullis-config.ts';
import { Bug } from '../domain/bug.ts';
import type { Running } from '../main.ts';
import { DEMO_PREFIX, DEMO_REGION } from './demo-config.ts';

/** Puts the demo credential where `curl --config` finds it, so that no command line shows it, and the sample text beside it. Returns the path. */
export function writeCurlFile(directory: string, config: PortcullisConfig): string {
  const [credential] = config.keyStores.find((store) => store.pathPrefix === DEMO_PREFIX)?.credentials ?? [];
  if (credential === undefined) throw new Bug(`${config.file} has no key store ${DEMO_PREFIX}`);
  const file = join(directory, 'demo.curl');
  const text = `user = "${credential.accessKeyId}:${credential.secretAccessKey.reveal()}"\n`;
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
  writeFileSync(join(directory, 'hello.txt'), SAMPLE_TEXT);
  return file;
}

export interface DemoTextOptions {
  readonly directory: string;
  readonly config: PortcullisConfig;
  readonly curlFile: string;
  readonly running: Pick<Running, 'addresses'>;
}

/** The whole announcement. Holds no secret. */
export function demoText({ directory, config, curlFile, running }: DemoTextOptions): string {
  const answer = join(directory, 'encrypted.json');
  const { proxy, kms, metrics } = running.addresses;
  return `
Portcullis is ready. Ctrl-C stops it.
  XKS proxy      ${proxy}${DEMO_PREFIX}/kms/xks/v1
  AWS KMS API    ${kms === undefined ? 'off' : `${kms}, open: any access key is let in as root, unverified`}
  metrics        ${metrics ?? 'off'}/metrics
  configuration  ${config.file}

Encrypt with the key foo in the token:

${encryptCommand(proxy, curlFile, answer)}

Decrypt that answer:

${decryptCommand(proxy, curlFile, answer)}
${kms === undefined ? '' : kmsText(kms, directory)}
`;
}

/** Three lines for the aws command line. Blobs go through files, since its versions 1 and 2 read arguments differently. */
function kmsText(endpoint: string, directory: string): string {
  const aws = `AWS_ACCESS_KEY_ID=demo AWS_SECRET_ACCESS_KEY=demo aws --endpoint-url ${endpoint} --region ${DEMO_REGION} --output text kms`;
  const keyId = quoted(join(directory, 'demo.key-id'));
  const plaintext = quoted(join(directory, 'hello.txt'));
  const encrypted = quoted(join(directory, 'hello.encrypted'));
  return `
Create a key with the aws command line, encrypt with it, decrypt:

${aws} create-key --description 'made in the demo' --query KeyMetadata.KeyId | tee ${keyId}

${aws} encrypt --key-id "$(cat ${keyId})" --plaintext fileb://${plaintext} --query CiphertextBlob | base64 --decode > ${encrypted}

${aws} decrypt --ciphertext-blob fileb://${encrypted} --query Plaintext | base64 --decode; echo
`;
}

function encryptCommand(proxy: string, curlFile: string, answer: string): string {
  const plaintext = Buffer.from(SAMPLE_TEXT).toString('base64');
  const body = JSON.stringify({
    requestMetadata: requestMetadata('Encrypt'),
    plaintext,
    encryptionAlgorithm: 'AES_GCM',
  });
  return `${curl(curlFile, proxy)} --data-binary ${quoted(body)} ${quoted(keyUrl(proxy, 'encrypt'))} | tee ${quoted(answer)}`;
}

/** The answer's fields are the request's fields: only what the caller says of itself is put in front. */
function decryptCommand(proxy: string, curlFile: string, answer: string): string {
  const fields = { requestMetadata: requestMetadata('Decrypt'), encryptionAlgorithm: 'AES_GCM' };
  const script = `s|^{|${JSON.stringify(fields).slice(0, -1)},|`;
  return `sed ${quoted(script)} ${quoted(answer)} | ${curl(curlFile, proxy)} --data-binary @- ${quoted(keyUrl(proxy, 'decrypt'))}`;
}

/** The Host header is spelled out without its port: older versions of curl sign it without, and send it with. */
function curl(curlFile: string, proxy: string): string {
  const signature = `--aws-sigv4 "aws:amz:${DEMO_REGION}:kms-xks-proxy"`;
  const headers = `-H 'Content-Type: application/json' -H ${quoted(`Host: ${new URL(proxy).hostname}`)}`;
  return `curl -sS -w '\\n' -K ${quoted(curlFile)} ${signature} ${headers}`;
}

function keyUrl(proxy: string, operation: string): string {
  return `${proxy}${DEMO_PREFIX}/kms/xks/v1/keys/foo/${operation}`;
}

function requestMetadata(kmsOperation: string): Readonly<Record<string, string>> {
  return {
    awsPrincipalArn: 'arn:aws:iam::111122223333:user/demo',
    kmsOperation,
    kmsRequestId: `demo-${kmsOperation.toLowerCase()}`,
    kmsKeyArn: `arn:aws:kms:${DEMO_REGION}:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab`,
  };
}

/** One word for a POSIX shell, whatever the path of the checkout holds. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

const SAMPLE_TEXT = 'Hello from the other side of the portcullis';
