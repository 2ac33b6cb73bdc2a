/** The API's shapes as the service describes them, and what the SDK's newest types say beyond that, as one model. */
import type { Model, ModelOperation, Shape } from '../../src/edge/kms/model.ts';

/** As in the service's own description (botocore's form). */
export interface ServiceModel {
  readonly operations: Readonly<
    Record<
      string,
      {
        readonly input: { readonly shape: string };
        readonly output?: { readonly shape: string };
        readonly errors?: readonly { readonly shape: string }[];
      }
    >
  >;
  readonly shapes: Readonly<Record<string, Shape & { readonly exception?: boolean }>>;
}

export interface Additions {
  readonly operations: Readonly<Record<string, ModelOperation & { readonly cite: string }>>;
  readonly shapes: Readonly<Record<string, { readonly cite: string; readonly shape: Shape }>>;
  readonly members: Readonly<
    Record<string, { readonly cite: string; readonly members: NonNullable<Shape['members']> }>
  >;
  readonly values: Readonly<Record<string, { readonly cite: string; readonly values: readonly string[] }>>;
}

/** Throws when an addition contradicts the service's model, or is in it by now. */
export function mergeModel(service: ServiceModel, additions: Additions): Model {
  const operations: Record<string, ModelOperation> = {};
  for (const [name, { input, output, errors = [] }] of Object.entries(service.operations)) {
    operations[name] = {
      input: input.shape,
      ...(output !== undefined && { output: output.shape }),
      errors: errors.map(({ shape }) => shape),
    };
  }
  for (const [name, { input, output, errors }] of Object.entries(additions.operations)) {
    refuse(name in operations, `operation ${name} is in the model already`);
    operations[name] = { input, ...(output !== undefined && { output }), errors };
  }
  const shapes: Record<string, Shape> = {};
  for (const [name, shape] of Object.entries(service.shapes)) {
    if (shape.exception !== true) shapes[name] = plainShape(shape);
  }
  for (const [name, { shape }] of Object.entries(additions.shapes)) {
    refuse(name in shapes, `shape ${name} is in the model already`);
    shapes[name] = shape;
  }
  for (const [name, { members }] of Object.entries(additions.members)) {
    const shape = shapes[name];
    refuse(shape?.members === undefined, `${name} is no structure`);
    for (const member of Object.keys(members))
      refuse(member in (shape?.members ?? {}), `${name}.${member} is there already`);
    shapes[name] = { ...(shape as Shape), members: { ...shape?.members, ...members } };
  }
  for (const [name, { values }] of Object.entries(additions.values)) {
    const shape = shapes[name];
    refuse(shape?.enum === undefined, `${name} has no values`);
    for (const value of values) refuse(shape?.enum?.includes(value) === true, `${name} has ${value} already`);
    shapes[name] = { ...(shape as Shape), enum: [...(shape?.enum ?? []), ...values] };
  }
  return { operations: sorted(operations), shapes: sorted(shapes) };
}

/** What validation and coding need of a shape, and nothing else. */
function plainShape(shape: Shape): Shape {
  const { type, members, required, member, key, value, min, max, pattern, sensitive } = shape;
  const plainMembers =
    members === undefined
      ? undefined
      : Object.fromEntries(Object.entries(members).map(([name, { shape }]) => [name, { shape }]));
  return JSON.parse(
    JSON.stringify({
      type,
      members: plainMembers,
      required,
      member: member && { shape: member.shape },
      key: key && { shape: key.shape },
      value: value && { shape: value.shape },
      enum: shape.enum,
      min,
      max,
      pattern,
      sensitive,
    }),
  ) as Shape;
}

function sorted<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([left], [right]) => (left < right ? -1 : 1)));
}

function refuse(wrong: boolean, why: string): void {
  if (wrong) throw new Error(`tools/kms-model/additions.json: ${why}`);
}
