#!/usr/bin/env node
/**
 * Encrypts and decrypts files of the format in README.md.
 *
 *     envelope.ts encrypt <key> <name=value> <from> <to>
 *     envelope.ts decrypt <name=value> <from> <to>
 *
 * Node.js 24 and later run it as it is. Endpoint, Region and credentials come from the environment.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  pbkdf2Sync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { DecryptCommand, GenerateDataKeyCommand, KMSClient } from '@aws-sdk/client-kms';

type Context = Readonly<Record<string, string>>;

async function main([operation, ...rest]: readonly string[]): Promise<void> {
  const [target = '', source = '', context = '', key = ''] = rest.toReversed();
  if (operation === 'encrypt' && rest.length === 4) {
    writeFileSync(target, await encrypt(key, contextOf(context), readFileSync(source)));
  } else if (operation === 'decrypt' && rest.length === 3) {
    writeFileSync(target, await decrypt(contextOf(context), readFileSync(source, 'latin1')));
  } else {
    throw new Error(
      'usage: envelope.ts encrypt <key> <name=value> <from> <to> | decrypt <name=value> <from> <to>',
    );
  }
}

async function encrypt(KeyId: string, EncryptionContext: Context, message: Uint8Array): Promise<string> {
  const { Plaintext, CiphertextBlob } = await new KMSClient().send(
    new GenerateDataKeyCommand({ KeyId, NumberOfBytes: 64, EncryptionContext }),
  );
  const { passphrase, macKey } = split(Plaintext);
  const salt = randomBytes(SALT_BYTES);
  const { key, iv } = derive(passphrase, salt);
  const cipher = createCipheriv('aes-256-cbc', key, iv);
  const body = Buffer.concat([MAGIC, salt, cipher.update(message), cipher.final()]);
  const lines = [VERSION, Buffer.from(CiphertextBlob ?? []).toString('base64'), body.toString('base64')];
  return joined([...lines, mac(macKey, lines)]);
}

async function decrypt(EncryptionContext: Context, envelope: string): Promise<Uint8Array> {
  const [version = '', dataKey = '', bodyText = '', tag = '', ...end] = envelope.split('\n');
  if (version !== VERSION || end.length !== 1 || end[0] !== '') {
    throw new Error(`not an envelope of four lines that begins with ${VERSION}`);
  }
  const { Plaintext } = await new KMSClient().send(
    new DecryptCommand({ CiphertextBlob: Buffer.from(dataKey, 'base64'), EncryptionContext }),
  );
  const { passphrase, macKey } = split(Plaintext);
  const expected = mac(macKey, [version, dataKey, bodyText]);
  if (tag.length !== expected.length || !timingSafeEqual(Buffer.from(tag), Buffer.from(expected))) {
    throw new Error('the envelope was changed: its HMAC does not fit');
  }
  const body = Buffer.from(bodyText, 'base64');
  const saltEnd = MAGIC.length + SALT_BYTES;
  const { key, iv } = derive(passphrase, body.subarray(MAGIC.length, saltEnd));
  const decipher = createDecipheriv('aes-256-cbc', key, iv);
  return Buffer.concat([decipher.update(body.subarray(saltEnd)), decipher.final()]);
}

function split(dataKey: Uint8Array = new Uint8Array()): { passphrase: string; macKey: Uint8Array } {
  return { passphrase: Buffer.from(dataKey.subarray(0, 32)).toString('hex'), macKey: dataKey.subarray(32) };
}

function derive(passphrase: string, salt: Uint8Array): { key: Uint8Array; iv: Uint8Array } {
  const derived = pbkdf2Sync(passphrase, salt, ROUNDS, 48, 'sha256');
  return { key: derived.subarray(0, 32), iv: derived.subarray(32) };
}

function mac(key: Uint8Array, lines: readonly string[]): string {
  return createHmac('sha256', key).update(joined(lines), 'latin1').digest('hex');
}

function joined(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

function contextOf(text: string): Context {
  const equals = text.indexOf('=');
  if (equals < 0) throw new Error(`the encryption context '${text}' is not <name=value>`);
  return { [text.slice(0, equals)]: text.slice(equals + 1) };
}

const VERSION = 'portcullis-example-envelope 1';
const MAGIC = Buffer.from('Salted__');
const SALT_BYTES = 8;
const ROUNDS = 10_000;

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`envelope.ts: ${error}\n`);
  process.exitCode = 1;
}
