/** Answers of the API: from the types of domain/kms/api to one line of JSON, by the wire model. */
import { Bug } from '../../domain/bug.ts';
import type { KmsOperationName, KmsOperations } from '../../domain/kms/api/operations.ts';
import { encodeBase64 } from '../http/base64.ts';
import { lowerCamel } from './lower-camel.ts';
import { MODEL, type Shape, shapeOf } from './model.ts';

/** The answer's body, which some operations leave empty. What the engine leaves undefined is absent. */
export function encodeOutput<N extends KmsOperationName>(
  name: N,
  output: KmsOperations[N]['output'],
): string {
  const encode = ENCODERS.get(name);
  if (encode === undefined) throw new Bug(`the KMS model has no operation ${name}`);
  return encode(output);
}

type Encoder = (value: unknown) => string;

function structureEncoder(shape: Shape): Encoder {
  const members = Object.entries(shape.members ?? {}).map(([name, reference]) => ({
    key: lowerCamel(name),
    head: `${JSON.stringify(name)}:`,
    encode: encoderOf(shapeOf(reference)),
  }));
  return (value) => {
    const given = value as Readonly<Record<string, unknown>>;
    let text = '';
    for (const { key, head, encode } of members) {
      const member = given[key];
      if (member === undefined) continue;
      text += text === '' ? head : `,${head}`;
      text += encode(member);
    }
    return `{${text}}`;
  };
}

function listEncoder(shape: Shape): Encoder {
  const encode = encoderOf(shapeOf(shape.member));
  return (value) => `[${(value as readonly unknown[]).map(encode).join(',')}]`;
}

/** Seconds since 1970 with milliseconds as a fraction, and a fraction even where there are none. */
function encodeTimestamp(value: unknown): string {
  const seconds = (value as number) / 1000;
  return Number.isInteger(seconds) ? `${seconds}.0` : `${seconds}`;
}

function encoderOf(shape: Shape): Encoder {
  return MAKERS[shape.type](shape);
}

const plainEncoder = (): Encoder => (value) => JSON.stringify(value);

const MAKERS: Readonly<Record<Shape['type'], (shape: Shape) => Encoder>> = {
  structure: structureEncoder,
  list: listEncoder,
  map: plainEncoder,
  string: plainEncoder,
  integer: plainEncoder,
  boolean: plainEncoder,
  blob: () => (value) => `"${encodeBase64(value as Uint8Array)}"`,
  timestamp: () => encodeTimestamp,
};

const ENCODERS: ReadonlyMap<string, Encoder> = new Map(
  Object.entries(MODEL.operations).map(([name, { output }]) => [
    name,
    output === undefined ? () => '' : encoderOf(shapeOf({ shape: output })),
  ]),
);
