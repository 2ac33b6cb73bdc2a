import { describe, expect, it } from 'vitest';
import { runCommand } from '../../../../tools/runner/run-command.ts';

describe('runCommand', () => {
  it.for([
    [0, true],
    [3, false],
  ] as const)('of a command that exits with %i says %s', async ([code, succeeded]) => {
    expect(await runCommand('sh', ['-c', `exit ${code}`])).toBe(succeeded);
  });

  it('stops a command that takes too long, with what it started', async () => {
    expect(await runCommand('sh', ['-c', 'sleep 600 & wait'], { timeoutMs: 100 })).toBe(false);
  });

  it('gives it no standard input to wait for', async () => {
    expect(await runCommand('sh', ['-c', 'test -z "$(cat)"'])).toBe(true);
  });

  it('rejects when there is no such command', async () => {
    await expect(runCommand('/does/not/exist', [])).rejects.toThrow('ENOENT');
  });
});
