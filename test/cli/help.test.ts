import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { portcullis } from './run-portcullis.ts';

const COMMANDS = [
  'proxy',
  'demo',
  'config check',
  'doctor',
  'reload',
  'status',
  'clock advance',
  'kms key',
  'kms reset',
  'backup',
  'restore',
  'token init',
  'token info',
  'keys list',
  'keys create',
  'keys show',
  'keys rotate',
  'domain init',
  'domain rotate',
  'domain export-shares',
  'domain destroy',
  'credentials new',
  'xks-config',
  'version',
];
const DOCUMENT = readFileSync(fileURLToPath(new URL('../../docs/cli.md', import.meta.url)), 'utf8');

describe('the help of a command', () => {
  it.for(COMMANDS)('of %s has an example and its exit codes', async (command) => {
    const { code, stdout } = await portcullis(...command.split(' '), '--help');

    expect(code).toBe(0);
    expect(stdout).toContain(`Usage: portcullis ${command} `);
    expect(stdout).toMatch(new RegExp(`^ {2}.*portcullis ${command}( |$)`, 'm'));
    expect(stdout).toMatch(/^Exit code: 0/m);
  });

  it.for([
    {
      group: [],
      names: [
        'proxy',
        'demo',
        'config',
        'doctor',
        'reload',
        'status',
        'clock',
        'kms',
        'backup',
        'restore',
        'token',
        'keys',
        'domain',
        'credentials',
        'xks-config',
        'version',
      ],
    },
    { group: ['config'], names: ['check'] },
    { group: ['clock'], names: ['advance'] },
    { group: ['kms'], names: ['key', 'reset'] },
    { group: ['token'], names: ['info', 'init'] },
    { group: ['keys'], names: ['list', 'create', 'show', 'rotate'] },
    { group: ['domain'], names: ['init', 'rotate', 'export-shares', 'destroy'] },
    { group: ['credentials'], names: ['new'] },
  ])('lists the commands of $group, and no other', async ({ group, names }) => {
    const { stdout } = await portcullis(...group, '--help');

    expect(commandsIn(stdout)).toStrictEqual(names.toSorted());
  });
});

describe('docs/cli.md', () => {
  it('has a row for every command, and for no other', () => {
    const rows = [...DOCUMENT.matchAll(/^\| `([a-z -]+)` \|/gm)].map(([, name]) => name);

    expect(rows.toSorted()).toStrictEqual(COMMANDS.toSorted());
  });
});

/** Names at the start of the lines below "Commands:", without the built-in help. */
function commandsIn(help: string): string[] {
  const list = help.slice(help.indexOf('Commands:'));
  return [...list.matchAll(/^ {2}([a-z-]+) /gm)]
    .map(([, name = '']) => name)
    .filter((name) => name !== 'help')
    .toSorted();
}
