/** The wire model of the KMS API (model.json, made by tools/kms-model.ts): shapes, constraints and errors as data. */
import { Bug } from '../../domain/bug.ts';
import json from './model.json' with { type: 'json' };

export interface Model {
  readonly operations: Readonly<Record<string, ModelOperation>>;
  readonly shapes: Readonly<Record<string, Shape>>;
}

export interface ModelOperation {
  readonly input: string;
  /** Absent: the answer has an empty body. */
  readonly output?: string;
  readonly errors: readonly string[];
}

export interface Shape {
  readonly type: 'structure' | 'list' | 'map' | 'string' | 'blob' | 'integer' | 'boolean' | 'timestamp';
  readonly members?: Readonly<Record<string, ShapeReference>>;
  readonly required?: readonly string[];
  readonly member?: ShapeReference;
  readonly key?: ShapeReference;
  readonly value?: ShapeReference;
  readonly enum?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  readonly sensitive?: true;
}

export interface ShapeReference {
  readonly shape: string;
}

/** The shape that a part of another one refers to. */
export function shapeOf(reference: ShapeReference | undefined): Shape {
  const shape = reference === undefined ? undefined : MODEL.shapes[reference.shape];
  if (shape === undefined) throw new Bug(`the KMS model has no shape ${reference?.shape}`);
  return shape;
}

export const MODEL = json as Model;
