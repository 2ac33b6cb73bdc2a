/**
 * Requests of the API: from JSON to the types of domain/kms/api, by the wire model, with every broken constraint told
 * at once. Members that the model does not know are ignored; null is the same as absent.
 */
import type { KmsOperationName, KmsOperations } from '../../domain/kms/api/operations.ts';
import {
  blobDecoder,
  booleanDecoder,
  type Decoder,
  integerDecoder,
  lengthCheck,
  textDecoder,
  timestampDecoder,
} from './decode-scalar.ts';
import { type JsonObject, requireObject, wrongType } from './json-type.ts';
import { lowerCamel } from './lower-camel.ts';
import { MODEL, type Shape, shapeOf } from './model.ts';
import { Violations } from './violations.ts';

/** Faults: `SerializationException` for a value of the wrong type, `ValidationException` for broken constraints. */
export function decodeInput<N extends KmsOperationName>(
  name: N,
  body: JsonObject,
): KmsOperations[N]['input'] {
  const found = new Violations();
  const input = (DECODERS.get(name) as Decoder)(body, '', found);
  found.throwIfAny();
  return input as KmsOperations[N]['input'];
}

function structureDecoder(shape: Shape): Decoder {
  const members = Object.entries(shape.members ?? {}).map(([name, reference]) => {
    const target = shapeOf(reference);
    return {
      name,
      key: lowerCamel(name),
      decode: decoderOf(target),
      required: shape.required?.includes(name) === true,
      sensitive: target.sensitive === true,
    };
  });
  return (value, path, found) => {
    const given = requireObject(value, path);
    const prefix = path === '' ? '' : `${path}.`;
    const decoded: Record<string, unknown> = {};
    for (const { name, key, decode, required, sensitive } of members) {
      const member = given[name];
      if (member !== undefined && member !== null) decoded[key] = decode(member, prefix + key, found);
      else if (required) found.missing(prefix + key, sensitive);
    }
    return decoded;
  };
}

function listDecoder(shape: Shape): Decoder {
  const checkLength = lengthCheck(shape);
  const decode = requiredMember(shapeOf(shape.member));
  return (value, path, found) => {
    if (!Array.isArray(value)) throw wrongType(value, 'a list', path);
    const members: unknown[] = value.map((member: unknown, index) =>
      decode(member, `${path}.${index + 1}.member`, found),
    );
    checkLength(members.length, path, () => ({ text: `[${members.join(', ')}]` }), found);
    return members;
  };
}

/** Of texts to texts. Whatever the keys are called, they are the result's own: `__proto__`, too. */
function mapDecoder(shape: Shape): Decoder {
  const decodeKey = textDecoder(shapeOf(shape.key));
  const decode = requiredMember(shapeOf(shape.value));
  return (value, path, found) => {
    const decoded = Object.create(null) as Record<string, unknown>;
    for (const [key, entry] of Object.entries(requireObject(value, path))) {
      decodeKey(key, path, found);
      decoded[key] = decode(entry, `${path}.${key}.member`, found);
    }
    return decoded;
  };
}

/** In a list or a map nothing can be absent. */
function requiredMember(shape: Shape): Decoder {
  const decode = decoderOf(shape);
  return (value, path, found) => {
    if (value !== null) return decode(value, path, found);
    found.missing(path, shape.sensitive === true);
    return undefined;
  };
}

function decoderOf(shape: Shape): Decoder {
  return MAKERS[shape.type](shape);
}

const MAKERS: Readonly<Record<Shape['type'], (shape: Shape) => Decoder>> = {
  structure: structureDecoder,
  list: listDecoder,
  map: mapDecoder,
  string: textDecoder,
  blob: blobDecoder,
  integer: integerDecoder,
  boolean: booleanDecoder,
  timestamp: timestampDecoder,
};

const DECODERS: ReadonlyMap<string, Decoder> = new Map(
  Object.entries(MODEL.operations).map(([name, { input }]) => [name, decoderOf(shapeOf({ shape: input }))]),
);
