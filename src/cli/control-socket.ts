/**
 * Where the control socket of a running process is. Read from the file alone: whoever asks a running
 * process may have a broken configuration before them, or lack the secrets that it names.
 */
import { dirname, resolve } from 'node:path';
import { Option } from 'commander';
import { CliFault } from './cli-fault.ts';
import { configField } from './config-field.ts';

export interface ControlOptions {
  readonly config?: string;
  readonly socket?: string;
}

/** `--config` and `--socket`, of which one is needed. */
export function controlOptions(): Option[] {
  return [
    new Option('-c, --config <file>', 'configuration of the running process: names its socket'),
    new Option('-s, --socket <path>', 'the control socket itself').conflicts('config'),
  ];
}

/** Throws a CliFault when neither option leads to a socket, a ConfigFault when the file is no YAML. */
export function controlSocket({ config, socket }: ControlOptions): string {
  if (socket !== undefined) return resolve(socket);
  if (config === undefined) {
    throw new CliFault('usage', 'name the running process: --config <file> or --socket <path>');
  }
  const named = configField(config, ['control', 'socket']);
  if (typeof named === 'string') return resolve(dirname(resolve(config)), named);
  throw new CliFault('refused', `${config} has no control.socket; add one, and restart portcullis`);
}
