/** Just enough of the Dockerfile format to check ours: stages, instructions, continued lines. */

export interface Instruction {
  readonly name: string;
  readonly value: string;
}

export interface BuildStage {
  readonly base: string;
  /** Empty for the last one, which needs no name. */
  readonly name: string;
  readonly instructions: readonly Instruction[];
}

export function parseDockerfile(text: string): BuildStage[] {
  const lines = text
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n/g, ' ')
    .split('\n');
  const stages: { base: string; name: string; instructions: Instruction[] }[] = [];
  for (const line of lines.filter((each) => each.trim() !== '')) {
    const [, name = '', value = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    if (name === 'FROM') {
      const [base = '', , stage = ''] = value.split(/\s+/);
      stages.push({ base, name: stage, instructions: [] });
    } else {
      stages.at(-1)?.instructions.push({ name, value: value.trim() });
    }
  }
  return stages;
}

export function valuesOf(stage: BuildStage, name: string): string[] {
  return stage.instructions.filter((instruction) => instruction.name === name).map(({ value }) => value);
}
