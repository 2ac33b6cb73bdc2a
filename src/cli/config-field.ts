/**
 * One value of a configuration file, from the file alone: whoever asks for it may have a configuration before them
 * that has mistakes elsewhere, or lack the secrets that it names.
 */
import { readFileSync } from 'node:fs';
import { parseConfigDocument } from '../config/config-document.ts';
import { CliFault } from './cli-fault.ts';

/** Undefined where the file has no such field. Throws a CliFault for no file, a ConfigFault for what is no YAML. */
export function configField(file: string, names: readonly string[]): unknown {
  const { content } = parseConfigDocument(file, readText(file));
  return names.reduce<unknown>(fieldOf, content);
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new CliFault('refused', `${file} cannot be read; name another --config`, { cause });
  }
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
