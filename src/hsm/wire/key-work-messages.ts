/** Frame bodies of what private keys and MAC keys do, in the token or in its host. All binary: they are on the data path. */
import type { SigningRequest } from '../../domain/ports/key-vault.ts';
import { FieldReader, joinFields, readText, text } from './byte-codec.ts';
import { FrameFault } from './frame.ts';

/** What `input` is: as in a {@link SigningRequest}, or what the algorithm takes. */
export type InputForm = SigningRequest['form'];

/** One use of a key; its spec and usage stand in its exported key token. */
export interface KeyWorkMessage {
  /** Of the domain's keys that the exported key token names. */
  readonly label: string;
  /** The exported key token. */
  readonly of: Uint8Array;
  /** One of the kind of key. Empty where the key is asked for its public half. */
  readonly algorithm: string;
  readonly form: InputForm;
  readonly input: Uint8Array;
}

export function encodeKeyWork({ label, of, algorithm, form, input }: KeyWorkMessage): Buffer {
  const formByte = Uint8Array.of(FORMS.indexOf(form));
  const fields = [
    text(label),
    { width: 2 as const, bytes: of },
    text(algorithm),
    { width: 1 as const, bytes: formByte },
  ];
  return joinFields(fields, input);
}

export function decodeKeyWork(body: Uint8Array): KeyWorkMessage {
  const reader = new FieldReader(body);
  const label = readText(reader);
  const of = reader.field(2);
  const algorithm = readText(reader);
  const number = reader.field(1);
  const form = number.length === 1 ? FORMS[number[0] ?? FORMS.length] : undefined;
  if (form === undefined) throw new FrameFault(`no form of input has the number ${number.toString('hex')}`);
  return { label, of, algorithm, form, input: reader.tail() };
}

const FORMS: readonly InputForm[] = ['message', 'digest', 'mu'];
